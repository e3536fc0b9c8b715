import { catchError, concatMap, map, type Observable, throwError } from 'rxjs'
import { ServerError } from '../http/server-error.js'
import type { Call, Session } from './session.js'
import {
  type Datum,
  DoneCodec,
  FutureCodec,
  type LossName,
  ModelCodec,
  PassCodec,
  SavedCodec,
  StepCodec,
  type WireAdam,
} from './wire.js'

/** LoRA adapters that a service creates. */
export interface LoraSettings {
  readonly rank: number
  /** Random seed of the initial adapters. */
  readonly seed: number
}

/** Model of a session: the base model with LoRA adapters that train. Calls of one model are served in order. */
export interface ServiceModel {
  readonly id: string
  /** Returns the log-probs of the target tokens of each datum. @units nats, at temperature 1 */
  readonly forward: (data: readonly Datum[]) => Observable<readonly Float64Array[]>
  /** Adds the gradient of the data's loss to the gradient of the next optimiser step, and returns the log-probs. */
  readonly forwardBackward: (data: readonly Datum[], loss: LossName) => Observable<readonly Float64Array[]>
  /** Makes an optimiser step, and returns the norm of its gradient; NaN if the service does not tell it. */
  readonly optimStep: (adam: WireAdam) => Observable<number>
  /** Saves adapters and optimiser state, and returns their address. A name is used once. */
  readonly save: (name: string) => Observable<string>
  /** Saves the adapters so that they can be sampled from, and returns their address. A name is used once. */
  readonly saveForSampling: (name: string) => Observable<string>
  /** Reads the archive of adapters that were saved for sampling. */
  readonly download: (address: string) => Observable<Uint8Array>
  /** Removes adapters that were saved for sampling. Some services cannot. */
  readonly removeSampled: (address: string) => Observable<unknown>
  /** Replaces adapters and optimiser state. Services accept it as the first call of a model. */
  readonly load: (address: string) => Observable<void>
  /**
   * Finds out whether the service recognises a request that is sent twice by its sequence number. If it does, a step whose
   * answer was lost is sent again; otherwise such a step ends the run, because it could be made twice.
   */
  readonly findSequenceNumbers: (data: readonly Datum[]) => Observable<boolean>
  /** Frees the model. */
  readonly unload: () => Observable<unknown>
}

/** Creates a model in a session. @errors ServerError */
export const createServiceModel = (session: Session, baseModel: string, lora: LoraSettings): Observable<ServiceModel> =>
  session
    .work({
      route: 'create_model',
      body: { session_id: session.id, base_model: baseModel, lora_config: lora, type: 'create_model' },
      codec: ModelCodec,
      isRepeatable: false,
    })
    .pipe(
      map(({ model_id }) => modelOf(session, model_id)),
      catchError((error: unknown) => throwError(() => refusedModel(error, baseModel, lora.rank))),
    )

/** Names the settings of a model that a service refuses to create. The service tells which of them it refuses. */
const refusedModel = (error: unknown, baseModel: string, rank: number): unknown =>
  error instanceof ServerError && error.problem === 'refused'
    ? new ServerError(
        'unfit',
        error.place,
        error.found,
        `a service that creates ${baseModel} with LoRA adapters of rank ${rank}; the option \`rank\` (--lora-rank N) chooses another rank`,
        { cause: error, ...(error.status === null ? {} : { status: error.status }) },
      )
    : error

const modelOf = (session: Session, id: string): ServiceModel => {
  let sequence = 0
  let hasSequenceNumbers = false
  const numbered = <A>(call: Omit<Call<A>, 'isRepeatable'>, isRepeatable = hasSequenceNumbers): Call<A> => ({
    ...call,
    body: { model_id: id, seq_id: ++sequence, ...call.body },
    isRepeatable,
  })
  const pass = (route: string, input: string, data: readonly Datum[], loss: LossName, isRepeatable?: boolean) =>
    session
      .work(numbered({ route, body: { [input]: { data, loss_fn: loss } }, codec: PassCodec }, isRepeatable))
      .pipe(map(({ loss_fn_outputs }) => logprobsOf(loss_fn_outputs, data, `${session.name}: ${route}`)))
  const save = (route: string, name: string) =>
    session
      // A name is used once, so a second request would be refused.
      .work({ route, body: { model_id: id, path: name, type: route }, codec: SavedCodec, isRepeatable: false })
      .pipe(map(({ path }) => path))
  return {
    id,
    forward: (data) => pass('forward', 'forward_input', data, 'cross_entropy', true),
    forwardBackward: (data, loss) => pass('forward_backward', 'forward_backward_input', data, loss),
    optimStep: (adam) =>
      session
        .work(numbered({ route: 'optim_step', body: { adam_params: adam, type: 'optim_step' }, codec: StepCodec }))
        .pipe(map(({ metrics }) => normOf(metrics ?? {}))),
    save: (name) => save('save_weights', name),
    saveForSampling: (name) => save('save_weights_for_sampler', name),
    download: (address) => session.download(id, nameIn(address)),
    removeSampled: (address) => session.remove(id, nameIn(address)),
    load: (address) =>
      session
        .work(
          numbered({
            route: 'load_weights',
            body: { path: address, optimizer: true, type: 'load_weights' },
            codec: DoneCodec,
          }),
        )
        .pipe(map(() => undefined)),
    findSequenceNumbers: (data) => {
      const request = numbered(
        { route: 'forward', body: { forward_input: { data, loss_fn: 'cross_entropy' } }, codec: FutureCodec },
        true,
      )
      return session
        .call(request)
        .pipe(
          concatMap((first) =>
            session.call(request).pipe(map((second) => (hasSequenceNumbers = first.request_id === second.request_id))),
          ),
        )
    },
    unload: () =>
      session.work({
        route: 'unload_model',
        body: { model_id: id, type: 'unload_model' },
        codec: DoneCodec,
        isRepeatable: true,
        // A service that is gone has no model to free.
        retries: 0,
      }),
  }
}

/** Name of saved weights, the last part of their address. */
const nameIn = (address: string): string => address.slice(address.lastIndexOf('/') + 1)

/** Returns the log-probs of each datum after their numbers were counted. @errors ServerError `unreadable` */
const logprobsOf = (
  outputs: readonly { readonly logprobs: { readonly data: Float64Array } }[],
  data: readonly Datum[],
  place: string,
): readonly Float64Array[] => {
  if (outputs.length !== data.length)
    throw new ServerError('unreadable', place, `log-probs of ${outputs.length} sequences`, `those of ${data.length}`)
  return outputs.map(({ logprobs }, i) => {
    const { length } = data[i]!.loss_fn_inputs.target_tokens.data
    if (logprobs.data.length !== length)
      throw new ServerError(
        'unreadable',
        `${place}, sequence ${i}`,
        `${logprobs.data.length} log-probs`,
        `${length}, one for each target token`,
      )
    return logprobs.data
  })
}

/** Returns the gradient norm among the measurements of a step; NaN without one. */
const normOf = (metrics: Readonly<Record<string, unknown>>): number => {
  const norm = Object.entries(metrics).find(([name]) => /(^|\/)grad_norm$/.test(name))?.[1]
  return typeof norm === 'number' ? norm : Number.NaN
}
