import type { MeasuredBatch } from '../rollout/batch.js'
import { entropyEstimate } from './entropy-estimate.js'

/**
 * Entropy of a batch: the mean over all its tokens, so that a long response weighs more.
 *
 *     H = sum_b sum_t H_bt / number of tokens
 *
 * From sampled scores it is the estimate of {@link entropyEstimate}.
 *
 * @shape scores.entropy_BT [B, T]  ->  one number; NaN for a batch without tokens
 * @units nats per token
 * @example
 * drift(tokenMeanEntropy(batch), { low: 0.4, high: 0.6 })
 */
export const tokenMeanEntropy = (batch: Pick<MeasuredBatch, 'responses' | 'scores' | 'width'>): number =>
  entropyEstimate(batch).entropy
