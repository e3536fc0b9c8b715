import { randomUUID } from 'node:crypto'
import * as t from 'io-ts'
import { catchError, concatMap, defer, finalize, forkJoin, map, type Observable, of, tap, throwError } from 'rxjs'
import type { Server, ServerRequest } from '../http/server.js'
import { ServerError } from '../http/server-error.js'
import { askHealth } from '../sampler/ask-health.js'
import { refusedWeights } from '../sampler/refused-weights.js'
import type { SamplerWire, WireSampling, WireSequence, WireWeights } from '../sampler/wire.js'
import { ModelsCodec } from '../openai/completions-codec.js'
import { generateCodec, inputLogprobsCodec, toCompletion, toScores } from './generate-codec.js'

/** Requests of SGLang's own interface. A completion has a request of its own, because the seed holds for all of a request. */
export const sglangWire = (server: Server): SamplerWire => {
  // Name of the model in the folder that was loaded last; null before that.
  let model: string | null = null
  /** Names of adapters. A whole model takes the place of the one before, and has no name in requests. */
  const adaptersOf = (weights: string | null) => (weights === model ? null : weights)
  const score = ({ tokens, top, weights }: WireSequence) =>
    generate(server, {
      body: {
        ...{ input_ids: tokens, sampling_params: { max_new_tokens: 1, temperature: 1 }, return_logprob: true },
        ...{ logprob_start_len: 0, top_logprobs_num: top, lora_path: adaptersOf(weights) },
      },
      codec: inputLogprobsCodec(tokens, top),
    }).pipe(
      tap(({ meta_info }) => checkVersion(server.name, model, meta_info.weight_version)),
      map(toScores),
    )
  return {
    name: server.name,
    nucleus: 'all',
    scoresBeside: true,
    processedSetting: null,
    complete: (request) =>
      forkJoin(
        Array.from({ length: request.count }, (_, sample) =>
          generate(server, {
            body: { ...completionBody(request, sample), lora_path: adaptersOf(request.weights) },
            codec: generateCodec(request.top),
          }).pipe(
            tap(({ meta_info }) => checkVersion(server.name, model, meta_info.weight_version)),
            map(toCompletion),
          ),
        ),
      ),
    score,
    logprobs: (sequence) => score({ ...sequence, top: 0 }).pipe(map(({ logprobs_T }) => logprobs_T)),
    load: (weights) =>
      weights.kind === 'adapters'
        ? loadAdapters(server, weights)
        : loadModel(server, weights).pipe(tap(() => (model = weights.name))),
    unload: (name) =>
      server.request({
        ...{ method: 'POST', path: '/unload_lora_adapter', isRepeatable: true, codec: t.unknown },
        body: { lora_name: name },
      }),
    ask: () => askHealth(server),
    isForgotten: (error) =>
      error instanceof ServerError &&
      ((error.status === 400 && /lora/i.test(error.found)) || error.found.includes('weight version')),
    close: server.close,
  }
}

/** Body of a request for one completion. Settings that a server may take from the model are set to no effect. */
const completionBody = (request: WireSampling, sample: number): object => ({
  input_ids: request.prompt,
  sampling_params: {
    ...{ max_new_tokens: request.maxTokens, temperature: request.temperature, top_p: request.topP },
    ...{ top_k: request.topK === 0 ? -1 : request.topK, min_p: 0 },
    ...{ presence_penalty: 0, frequency_penalty: 0, repetition_penalty: 1 },
    ...{ stop_token_ids: request.ends, sampling_seed: request.seedOf(sample) },
  },
  ...{ return_logprob: true, top_logprobs_num: request.top },
})

/**
 * Sends a request for a sequence. When it ends without an answer, the server is told to stop, because a closed connection may be
 * noticed late.
 */
const generate = <A>(
  server: Server,
  { body, codec }: Pick<ServerRequest<A>, 'codec'> & { readonly body: object },
): Observable<A> =>
  defer(() => {
    let isAnswered = false
    let id = ''
    return server
      .request({
        ...{ method: 'POST', path: '/generate', isRepeatable: true, codec },
        // Each attempt has an identifier of its own, because the server may still work on the one before.
        body: () => ({ rid: (id = `entrain-${randomUUID()}`), ...body }),
      })
      .pipe(
        tap(() => (isAnswered = true)),
        finalize(() => {
          if (!isAnswered && id !== '') abort(server, id)
        }),
      )
  })

const abort = (server: Server, rid: string): void => {
  server
    .request({
      ...{ method: 'POST', path: '/abort_request', body: { rid }, codec: t.string, form: 'text' },
      ...{ isRepeatable: true, retries: 0, timeout: 10 },
    })
    // The connection is closed in any case, so a server that does not answer here stops, too.
    .subscribe({ error: () => undefined })
}

const loadAdapters = (server: Server, { name, folder }: WireWeights): Observable<unknown> =>
  server
    .request({
      ...{
        method: 'POST',
        path: '/load_lora_adapter',
        isRepeatable: true,
        codec: t.type({ success: t.literal(true) }),
      },
      body: { lora_name: name, lora_path: folder },
    })
    .pipe(
      catchError((error: unknown) =>
        error instanceof ServerError && error.status === 400
          ? whenLoaded(server, name, folder, error)
          : throwError(() => refusedWeights(error)),
      ),
    )

/** A request whose answer was lost has loaded the adapters: then their name is in the list with this folder. */
const whenLoaded = (server: Server, name: string, folder: string, error: ServerError): Observable<unknown> =>
  server
    .request({ method: 'GET', path: '/v1/models', codec: ModelsCodec, isRepeatable: true })
    .pipe(
      concatMap(({ data }) =>
        data.some(({ id, root }) => id === name && root === folder)
          ? of(name)
          : throwError(() => refusedWeights(error)),
      ),
    )

/** Replaces the whole model. The server waits for the requests in progress. */
const loadModel = (server: Server, { name, folder }: WireWeights): Observable<unknown> =>
  server.request({
    ...{
      method: 'POST',
      path: '/update_weights_from_disk',
      isRepeatable: true,
      codec: t.type({ success: t.literal(true) }),
    },
    body: { model_path: folder, weight_version: name, flush_cache: true, abort_all_requests: false },
  })

/** Checks that the answer is by the model that was loaded: a server that was restarted has its first model again. */
const checkVersion = (server: string, model: string | null, found: string | null | undefined): void => {
  if (model === null || found === undefined || found === null || found === model) return
  throw new ServerError(
    'unfit',
    server,
    `an answer by the weight version ${found}`,
    `${model}, which was loaded; another client may have replaced it, or the server was restarted`,
  )
}
