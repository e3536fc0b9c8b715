import * as t from 'io-ts'
import { catchError, concatMap, forkJoin, map, type Observable, of, throwError } from 'rxjs'
import type { Server } from '../http/server.js'
import { ServerError } from '../http/server-error.js'
import { askHealth } from '../sampler/ask-health.js'
import { refusedWeights } from '../sampler/refused-weights.js'
import type { SamplerWire, WireSampling, WireScores, WireSequence, WireWeights } from '../sampler/wire.js'
import { completionsCodec, ModelsCodec, promptLogprobsCodec, toCompletions, toScores } from './completions-codec.js'

/**
 * Requests of `/v1/completions`, as vLLM answers them. `model` is the name of the weights that the server was started with.
 * `scoresBeside` is true if `prompt_logprobs` may be asked for beside other requests.
 */
export const openAiWire = (server: Server, model: string, scoresBeside: boolean): SamplerWire => ({
  name: server.name,
  scoresBeside,
  nucleus: 'kept',
  processedSetting: '--logprobs-mode processed_logprobs',
  complete: (request) =>
    server
      .request({
        ...{ method: 'POST', path: '/v1/completions', isRepeatable: true },
        body: completionBody(request, request.weights ?? model),
        codec: completionsCodec(request.weights ?? model, request.count),
      })
      .pipe(map(toCompletions)),
  score: (sequence) => scoreSequence(server, sequence, sequence.weights ?? model),
  logprobs: (sequence) => forceTokens(server, sequence, sequence.weights ?? model),
  load: (weights) => loadAdapters(server, weights),
  unload: (name) =>
    server
      .request({
        ...{ method: 'POST', path: '/v1/unload_lora_adapter', isRepeatable: true },
        ...{ body: { lora_name: name }, codec: t.string, form: 'text' },
      })
      // A server that was restarted knows the name no longer.
      .pipe(catchError((error: unknown) => (statusOf(error) === 404 ? of('') : throwError(() => error)))),
  ask: () => askHealth(server),
  isForgotten: (error) => statusOf(error) === 404,
  close: server.close,
})

/**
 * Body of a request for completions. Settings that a server may take from the model's generation_config.json are set to no effect.
 * `ignore_eos` leaves the stop tokens to this request.
 */
const completionBody = (request: WireSampling, model: string): object => ({
  ...{ model, prompt: request.prompt, n: request.count, seed: request.seedOf(0) },
  ...{ max_tokens: request.maxTokens, temperature: request.temperature, top_p: request.topP },
  ...{ top_k: request.topK === 0 ? -1 : request.topK, min_p: 0, ...noPenalties },
  ...{ stop_token_ids: request.ends, ignore_eos: true, logprobs: request.top },
  ...{ return_token_ids: true, return_tokens_as_token_ids: true },
})

const noPenalties = { presence_penalty: 0, frequency_penalty: 0, repetition_penalty: 1 }

/** Asks for one token, because a server samples at least one, and reads the log-probs of the prompt only. */
const scoreSequence = (server: Server, { tokens, top }: WireSequence, model: string): Observable<WireScores> =>
  server
    .request({
      ...{ method: 'POST', path: '/v1/completions', isRepeatable: true },
      body: { ...{ model, prompt: tokens, max_tokens: 1, temperature: 1, prompt_logprobs: top }, ...noPenalties },
      codec: promptLogprobsCodec(model, tokens),
    })
    .pipe(map((answer) => toScores(answer, tokens)))

/**
 * Asks for every token of a sequence by a request of its own, which allows no other token. A server with log-probs at temperature 1
 * returns the log-prob of the token before the others are excluded.
 */
const forceTokens = (
  server: Server,
  { tokens }: Pick<WireSequence, 'tokens'>,
  model: string,
): Observable<Float32Array> => {
  if (tokens.length < 2) return of(new Float32Array(tokens.length))
  const requests = tokens.slice(1).map((token, before) =>
    server.request({
      ...{ method: 'POST', path: '/v1/completions', isRepeatable: true },
      body: {
        ...{ model, prompt: tokens.slice(0, before + 1), max_tokens: 1, temperature: 1, top_p: 1, top_k: -1, min_p: 0 },
        ...{ ...noPenalties, allowed_token_ids: [token], ignore_eos: true, logprobs: 0, return_token_ids: true },
        return_tokens_as_token_ids: true,
      },
      codec: completionsCodec(model, 1),
    }),
  )
  return forkJoin(requests).pipe(
    map((answers) => answers.map((answer) => toCompletions(answer)[0]!)),
    map((completions) => {
      const other = completions.findIndex((completion, i) => completion.tokens[0] !== tokens[i + 1])
      if (other >= 0)
        throw new ServerError(
          'unfit',
          server.name,
          `the token ${completions[other]!.tokens[0]!}`,
          `${tokens[other + 1]!}, the only one that was allowed (allowed_token_ids)`,
        )
      return Float32Array.from([0, ...completions.map(({ logprobs_T }) => logprobs_T[0]!)])
    }),
  )
}

const loadAdapters = (server: Server, { name, kind, folder }: WireWeights): Observable<unknown> =>
  kind === 'model'
    ? throwError(
        () =>
          new ServerError(
            'unfit',
            server.name,
            'a whole model to load',
            'adapters, because vLLM loads no other weights from a folder',
          ),
      )
    : server
        .request({
          ...{ method: 'POST', path: '/v1/load_lora_adapter', isRepeatable: true },
          ...{ body: { lora_name: name, lora_path: folder }, codec: t.string, form: 'text' },
        })
        .pipe(
          catchError((error: unknown) =>
            statusOf(error) === 400
              ? whenLoaded(server, name, folder, error)
              : throwError(() =>
                  isMissingRoute(error) ? notEnabled(server.name, error) : refusedWeights(error, isRefusedByWorker),
                ),
          ),
        )

/** A request whose answer was lost has loaded the adapters: then their name is in the list with this folder. */
const whenLoaded = (server: Server, name: string, folder: string, error: unknown): Observable<unknown> =>
  listModels(server).pipe(
    concatMap(({ data }) =>
      data.some(({ id, root }) => id === name && root === folder) ? of(name) : throwError(() => refusedWeights(error)),
    ),
  )

/** Requests the list of the models and adapters of a server. @errors ServerError */
export const listModels = (server: Server): Observable<t.TypeOf<typeof ModelsCodec>> =>
  server.request({ method: 'GET', path: '/v1/models', codec: ModelsCodec, isRepeatable: true, timeout: 10 })

const statusOf = (error: unknown): number | null => (error instanceof ServerError ? error.status : null)

/** A server that lacks the route answers `{"detail":"Not Found"}`; one that lacks the folder answers with an error of its own. */
const isMissingRoute = (error: unknown): error is ServerError =>
  error instanceof ServerError && error.status === 404 && error.found.includes('detail')

/** vLLM answers 500 when its worker refuses adapters, for example because of their rank, and works on. */
const isRefusedByWorker = ({ status, found }: ServerError): boolean => status === 500 && found.includes('add_lora')

const notEnabled = (server: string, cause: ServerError): ServerError =>
  new ServerError(
    'unfit',
    server,
    'no route /v1/load_lora_adapter',
    'a server that loads adapters; start vLLM with VLLM_ALLOW_RUNTIME_LORA_UPDATING=True and --enable-lora',
    { cause, status: 404 },
  )
