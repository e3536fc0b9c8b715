import { tokenMean } from '../batch/tokens.js'
import type { MeasuredBatch } from '../rollout/batch.js'

/**
 * Entropy of a batch: the mean over all its tokens, so that a long response weighs more.
 *
 *     H = sum_b sum_t H_bt / number of tokens
 *
 * @shape scores.entropy_BT [B, T]  ->  one number; NaN for a batch without tokens
 * @units nats per token
 * @example
 * drift(tokenMeanEntropy(batch), { low: 0.4, high: 0.6 })
 */
export const tokenMeanEntropy = (batch: Pick<MeasuredBatch, 'responses' | 'scores' | 'width'>): number =>
  tokenMean(batch, batch.scores.entropy_BT)
