/** Reason why generation ended: a stop token was sampled, or the maximum length was reached. */
export type FinishReason = 'stop' | 'length'

/**
 * Completion that a policy sampled. Training uses its tokens as sampled and never tokenises the text again.
 *
 * @shape tokens [T], logprobs_T [T]; a sampled stop token is the last of them
 * @units logprobs_T in nats, under the sampling distribution (temperature, top-k and top-p applied)
 */
export interface Completion {
  readonly tokens: Int32Array
  readonly logprobs_T: Float32Array
  /**
   * Log-probs at the sampling temperature over the whole vocabulary, without top-k and top-p; absent if they equal `logprobs_T`.
   *
   * @shape [T]
   * @units nats
   */
  readonly untruncatedLogprobs_T?: Float32Array
  /** Decoded text, without the stop token. */
  readonly text: string
  readonly finish: FinishReason
  /** Version of the weights that sampled it. */
  readonly version: number
}
