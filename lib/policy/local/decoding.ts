import type { WeightForm } from '../../model/weight-form.js'
import { keyedUniform } from '../../random/uniform.js'
import type { Sampling } from '../policy.js'
import { tokenMeasures } from './token-measure.js'

/**
 * Completion as a generator returns it. The last token is the stop token if one was sampled.
 *
 * @shape tokens, logprobs_T and untruncated_T [T], measures_MT [tokenMeasures, T]
 */
export interface SampledCompletion {
  readonly tokens: Int32Array
  readonly logprobs_T: Float32Array
  /** Log-probs without top-k and top-p; null if these are off. */
  readonly untruncated_T: Float32Array | null
  /** Measures that a scoring pass by the same weights gives; null if tokens were sampled from a quantized copy of the weights. */
  readonly measures_MT: Float32Array | null
}

/** All completions of one prompt. */
export interface SampledGroup {
  /** Index of the prompt in the call. */
  readonly prompt: number
  readonly completions: readonly SampledCompletion[]
}

/** A completion that is being decoded. */
export interface Decoding {
  /** Index of its prompt in the call. */
  readonly prompt: number
  readonly tokens: Int32Array
  readonly logprobs_T: Float32Array
  readonly untruncated_T: Float32Array | null
  readonly measures_MT: Float32Array | null
  /** Uniform number of each token's draw. */
  readonly uniform: (token: number) => number
  length: number
  isFinished: boolean
}

/** Starts the decodings of one prompt. `key` holds the step and the number of the prompt within its batch. */
export const startDecodings = (
  { group, maxTokens, seed, topK, topP }: Sampling,
  prompt: number,
  key: { readonly step: number; readonly place: number },
  form: WeightForm,
): Decoding[] =>
  Array.from({ length: group }, (_, sample) => ({
    prompt,
    tokens: new Int32Array(maxTokens),
    logprobs_T: new Float32Array(maxTokens),
    untruncated_T: topK > 0 || topP < 1 ? new Float32Array(maxTokens) : null,
    measures_MT: form === 'float32' ? new Float32Array(tokenMeasures.length * maxTokens) : null,
    uniform: keyedUniform(seed, key.step, key.place, sample),
    length: 0,
    isFinished: false,
  }))

/** Appends a token to a decoding. `ends` are the stop tokens. */
export const appendToken = (decoding: Decoding, token: number, ends: readonly number[]): void => {
  decoding.tokens[decoding.length++] = token
  decoding.isFinished = ends.includes(token) || decoding.length === decoding.tokens.length
}

/** Creates a function that yields the groups that were finished since its last call. */
export const createFinishedGroups = (groups: readonly Decoding[][]): (() => Generator<SampledGroup>) => {
  const unfinished = new Set(groups.keys())
  return function* () {
    for (const prompt of unfinished) {
      const decodings = groups[prompt]!
      if (!decodings.every(({ isFinished }) => isFinished)) continue
      unfinished.delete(prompt)
      yield { prompt, completions: decodings.map(completionOf) }
    }
  }
}

/** Cuts the arrays of a decoding to its length. */
const completionOf = ({ tokens, logprobs_T, untruncated_T, measures_MT, length }: Decoding): SampledCompletion => ({
  tokens: tokens.slice(0, length),
  logprobs_T: logprobs_T.slice(0, length),
  untruncated_T: untruncated_T?.slice(0, length) ?? null,
  measures_MT: measures_MT === null ? null : firstColumns(measures_MT, length),
})

/** Copies the first columns. @shape [tokenMeasures, T] -> [tokenMeasures, length] */
const firstColumns = (measures_MT: Float32Array, length: number): Float32Array => {
  const [T, columns] = [measures_MT.length / tokenMeasures.length, new Float32Array(tokenMeasures.length * length)]
  tokenMeasures.forEach((_, m) => columns.set(measures_MT.subarray(m * T, m * T + length), m * length))
  return columns
}
