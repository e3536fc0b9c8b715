import { forEachToken, type TokenLayout } from '../../batch/tokens.js'
import type { SampledScores } from '../../rollout/scores.js'
import { requirePerToken } from './require-per-token.js'

/**
 * Scores of a batch from the log-probs of its sampled tokens, such as a server returns them.
 *
 *     entropy of a token = -log p        its expectation is the entropy of the position
 *
 * A batch of many tokens has an entropy with a small error, see {@link entropyEstimate}; the value of one token says little. The
 * tokens have to be sampled at temperature 1 without top-k and top-p.
 *
 * @shape  logprobs: one row [T] for each response, as long as its completion, at temperature 1
 * @units  nats
 * @errors PipelineError BrokenInvariant for a response with a wrong number of log-probs
 * @example
 * sampledScores(batch, version, rows) // { method: 'sampled', logprobs_BT, entropy_BT, version }
 */
export const sampledScores = (
  batch: TokenLayout,
  version: number,
  logprobs: readonly ArrayLike<number>[],
): SampledScores => {
  batch.responses.forEach((_, b) => requirePerToken(batch, b, logprobs[b], 'log-probs'))
  const logprobs_BT = new Float32Array(batch.responses.length * batch.width)
  const entropy_BT = new Float32Array(logprobs_BT.length)
  forEachToken(batch, (place, b, t) => {
    logprobs_BT[place] = logprobs[b]![t]!
    entropy_BT[place] = -logprobs[b]![t]!
  })
  return { version, method: 'sampled', logprobs_BT, entropy_BT }
}
