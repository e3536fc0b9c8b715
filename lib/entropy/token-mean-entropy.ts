import type { MeasuredBatch } from '../rollout/batch.js'

/**
 * Entropy of a batch: over all its tokens, so a long response weighs more.
 *
 *     H = sum_b sum_t H_bt / number of tokens
 *
 * @shape scores.entropy_BT [B, T]  ->  one number; NaN for a batch without tokens
 * @units nats per token
 */
export const tokenMeanEntropy = ({
  responses,
  scores,
  width,
}: Pick<MeasuredBatch, 'responses' | 'scores' | 'width'>): number => {
  let sum = 0
  let tokens = 0
  responses.forEach(({ completion }, b) => {
    tokens += completion.tokens.length
    for (let t = 0; t < completion.tokens.length; t++) sum += scores.entropy_BT[b * width + t]!
  })
  return sum / tokens
}
