import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { nullable } from '../../codec/nullable.js'

/** Path of all routes. */
export const API = '/api/v1'

/** Tensor on the wire. */
export interface WireTensor {
  readonly data: readonly number[]
  readonly dtype: 'int64' | 'float32'
  readonly shape: readonly [number]
}

/** Returns token ids as a tensor on the wire. */
export const wireTokens = (tokens: readonly number[]): WireTensor => ({
  data: tokens,
  dtype: 'int64',
  shape: [tokens.length],
})

/** Returns numbers as a tensor on the wire. */
export const wireNumbers = (numbers: readonly number[]): WireTensor => ({
  data: numbers,
  dtype: 'float32',
  shape: [numbers.length],
})

/** One sequence, and the inputs of the loss at each of its positions. All inputs have the length of `tokens`. */
export interface Datum {
  readonly model_input: {
    readonly chunks: readonly [{ readonly type: 'encoded_text'; readonly tokens: readonly number[] }]
  }
  readonly loss_fn_inputs: {
    /** Token that each position predicts. */
    readonly target_tokens: WireTensor
    readonly weights?: WireTensor
    readonly advantages?: WireTensor
    readonly logprobs?: WireTensor
  }
}

/** Losses of the service that entrain uses. */
export type LossName = 'cross_entropy' | 'importance_sampling' | 'ppo'

/** AdamW settings of one optimiser step. */
export interface WireAdam {
  readonly learning_rate: number
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
  readonly weight_decay: number
  /** Largest norm of the gradient, which is scaled down to it. Absent for a step without clipping. */
  readonly grad_clip_norm?: number
}

/** Codec of numbers, which are as many as the tokens of a request, in a typed array. */
const NumbersCodec = new t.Type<Float64Array, readonly number[]>(
  'an array of numbers',
  (u): u is Float64Array => u instanceof Float64Array,
  (u, context) => {
    if (!Array.isArray(u)) return t.failure(u, context)
    const bad = u.findIndex((x) => typeof x !== 'number')
    return bad < 0
      ? t.success(Float64Array.from(u as number[]))
      : t.failure(u[bad], t.appendContext(context, String(bad), t.number))
  },
  (numbers) => [...numbers],
)

/** Answer of a route that starts work: the name of its future. */
export const FutureCodec = t.type({ request_id: t.string }, 'future')

/** Answer of `create_session`. */
export const SessionCodec = t.type({ session_id: t.string }, 'session')

/** Answer of `get_server_capabilities`. */
export const CapabilitiesCodec = t.type(
  { supported_models: t.readonlyArray(t.partial({ model_name: nullable(t.string) })) },
  'capabilities',
)

/** Result of `create_model`. */
export const ModelCodec = t.type({ model_id: t.string }, 'model')

/** Result of `forward` and `forward_backward`: the log-prob of each target token. */
export const PassCodec = t.type(
  { loss_fn_outputs: t.readonlyArray(t.type({ logprobs: t.type({ data: NumbersCodec }) })) },
  'result of a pass',
)

/** Result of `optim_step`. Some services measure the step. */
export const StepCodec = t.partial({ metrics: t.union([t.record(t.string, t.unknown), t.null]) }, 'result of a step')

/** Result of `save_weights` and `save_weights_for_sampler`: the address of the weights. */
export const SavedCodec = t.type({ path: t.string }, 'saved weights')

/** Result of `asample`. */
export const SampledCodec = t.type(
  {
    sequences: t.readonlyArray(
      t.type({ tokens: NumbersCodec, logprobs: NumbersCodec, stop_reason: t.string }, 'sequence'),
    ),
  },
  'sampled sequences',
)

/** Bytes of an archive, as they come. */
export const ArchiveCodec = new t.Type<Uint8Array, Uint8Array>(
  'an archive',
  (u): u is Uint8Array => u instanceof Uint8Array,
  (u, context) => (u instanceof Uint8Array ? t.success(u) : t.failure(u, context)),
  t.identity,
)

/** Result that nothing is read of. */
export const DoneCodec = t.UnknownRecord

/** State of a future: it is pending, it failed, or it has a result. */
export type Outcome<A> =
  | { readonly _tag: 'pending' }
  | { readonly _tag: 'failed'; readonly error: string }
  | { readonly _tag: 'done'; readonly result: A }

const PendingCodec = t.type({ type: t.literal('try_again') })
const FailedCodec = t.type({ error: t.string })

/**
 * Decoder of the contents of a future. A failed future has the field `error`. Some services say by the status 408 that a future is
 * pending, and others by `try_again` in the answer.
 */
export const outcomeOf = <A>(result: t.Decoder<unknown, A>): t.Decoder<unknown, Outcome<A>> => {
  const validate: t.Validate<unknown, Outcome<A>> = (value, context) => {
    if (PendingCodec.is(value)) return E.right({ _tag: 'pending' })
    if (FailedCodec.is(value)) return E.right({ _tag: 'failed', error: value.error })
    return pipe(
      result.validate(value, context),
      E.map((decoded) => ({ _tag: 'done', result: decoded })),
    )
  }
  return {
    name: result.name,
    validate,
    decode: (value) => validate(value, [{ key: '', type: DoneCodec, actual: value }]),
  }
}
