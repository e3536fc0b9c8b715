/** Why generation ended: a stop token was drawn, or the length limit was reached. */
export type FinishReason = 'stop' | 'length'

/**
 * One sampled response. Token in, token out: training never re-tokenises the text.
 *
 * @shape tokens [T], logprobs_T [T]; a stop token that was drawn is the last of them
 * @units logprobs_T in nats, under the distribution that was sampled from (temperature, top-k and top-p applied)
 */
export interface Completion {
  readonly tokens: Int32Array
  readonly logprobs_T: Float32Array
  /** Decoded tokens without the stop token. */
  readonly text: string
  readonly finish: FinishReason
  /** Version of the policy that made it. */
  readonly version: number
}
