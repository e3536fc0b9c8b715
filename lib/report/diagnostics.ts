import { scoredLogprobs_BT } from '../batch/score-temperature.js'
import { forEachRow, tokenMatrix, tokenMean } from '../batch/tokens.js'
import { logTokenBaseline_BT } from '../entropy/log-token-baseline.js'
import { mismatch_BT } from '../objective/corrections.js'
import { boundedLogRatio, unboundedK3 } from '../objective/kl-forms.js'
import type { FilteredBatch } from '../rollout/batch.js'

/**
 * Diagnostics of one training step. A mean runs over tokens, so a long response counts more; it is NaN without tokens.
 */
export interface Diagnostics {
  /**
   * Mean log-prob under the learner: of all responses, of those with A > 0, and of those with A < 0 (Entrocraft, Fig. 2b).
   *
   * @units nats per token
   */
  readonly logLikelihood: { readonly all: number; readonly positive: number; readonly negative: number }
  /**
   * Mean of {@link logTokenBaseline_BT}, to compare with `logLikelihood.all` (Fig. 2a); NaN for sampled scores.
   *
   * @units nats per token
   */
  readonly logBaseline: number
  /** Share of the tokens whose log p is above its baseline, where S > E[S] and A dH <= 0 (Theorem 1); NaN for sampled scores. */
  readonly aboveBaseline: number
  /** KL(sampler || learner), estimated on the sampled tokens. @units nats per token */
  readonly klToSampler: number
  /** Smallest and largest ratio of learner to sampler probability over the tokens. */
  readonly samplerRatio: { readonly min: number; readonly max: number }
  /** Mean and maximum of |log p_learner - log p_sampler| over the tokens. @units nats */
  readonly samplerDifference: { readonly mean: number; readonly max: number }
  /** Effective sample size of the importance weights p_learner / p_sampler, as a share of the tokens in (0, 1]. */
  readonly effectiveSampleSize: number
  /**
   * KL(learner || reference), estimated on the sampled tokens (Fig. 4c); null if the batch has no reference log-probs.
   *
   * @units nats per token
   */
  readonly klToReference: number | null
  /** Number of responses that train. Its mean over the steps on which the filter acted is Fig. 7. */
  readonly effectiveBatch: number
}

/**
 * Returns the diagnostics of a training step from the scores of its batch.
 *
 *     klToSampler     mean of e^d - 1 - d,  d = log p_learner - log p_sampler
 *     klToReference   mean of e^d - 1 - d,  d = log p_reference - log p_learner, held in [-20, 20]
 *
 *     effectiveSampleSize   (sum_t w_t)^2 / (n sum_t w_t^2),  w = e^d of klToSampler with d held in [-20, 20], n tokens
 *
 * Log-probs of the learner and of the reference are at the score temperature, those of the sampler at the sampling temperature
 * before top-k and top-p. So the comparisons with the sampler measure the effect of older or rounded weights, of another engine,
 * and of a score temperature that differs from the sampling temperature. Log-likelihood and baseline are at temperature 1.
 *
 * @source Entrocraft, arXiv:2604.26326, section 4; the estimator k3 is http://joschu.net/blog/kl-approx.html; the effective
 *         sample size is Kong, "A note on importance sampling using standardized weights", 1992
 */
export const diagnosticsOf = (batch: FilteredBatch): Diagnostics => ({
  logLikelihood: {
    all: meanLogprob(batch, () => true),
    positive: meanLogprob(batch, (advantage) => advantage > 0),
    negative: meanLogprob(batch, (advantage) => advantage < 0),
  },
  ...baselineDiagnostics(batch),
  ...samplerDiagnostics(batch),
  klToReference: batch.referenceLogprobs_BT === undefined ? null : klToReference(batch, batch.referenceLogprobs_BT),
  effectiveBatch: batch.accepted_B.filter(Boolean).length,
})

const meanLogprob = (batch: FilteredBatch, isCounted: (advantage: number) => boolean): number =>
  tokenMean(batch, batch.scores.logprobs_BT, (b) => isCounted(batch.advantages_B[b]!))

const baselineDiagnostics = (batch: FilteredBatch): Pick<Diagnostics, 'logBaseline' | 'aboveBaseline'> => {
  const { logprobs_BT, method } = batch.scores
  if (method === 'sampled') return { logBaseline: NaN, aboveBaseline: NaN }
  const baseline_BT = logTokenBaseline_BT(batch)
  let [tokens, above] = [0, 0]
  forEachRow(batch, (first, end) => {
    tokens += end - first
    let ofRow = 0
    for (let place = first; place < end; place++) if (logprobs_BT[place]! > baseline_BT[place]!) ofRow++
    above += ofRow
  })
  return { logBaseline: tokenMean(batch, baseline_BT), aboveBaseline: above / tokens }
}

type SamplerDiagnostics = Pick<
  Diagnostics,
  'klToSampler' | 'samplerRatio' | 'samplerDifference' | 'effectiveSampleSize'
>

/** In one loop over the tokens, whose sums no function shares, because the coordinator of many servers measures every token. */
const samplerDiagnostics = (batch: FilteredBatch): SamplerDiagnostics => {
  const { responses, width } = batch
  const d_BT = mismatch_BT(batch)
  let [tokens, kl, difference, weights, squares] = [0, 0, 0, 0, 0]
  let [min, max] = [Infinity, -Infinity]
  for (let b = 0; b < responses.length; b++) {
    const { length } = responses[b]!.completion.tokens
    for (let place = b * width; place < b * width + length; place++) {
      const d = d_BT[place]!
      const weight = Math.exp(boundedLogRatio(d))
      kl += unboundedK3(d)
      difference += Math.abs(d)
      weights += weight
      squares += weight * weight
      if (d < min || Number.isNaN(d)) min = d
      if (d > max || Number.isNaN(d)) max = d
    }
    tokens += length
  }
  return {
    klToSampler: kl / tokens,
    samplerRatio: tokens === 0 ? { min: NaN, max: NaN } : { min: Math.exp(min), max: Math.exp(max) },
    samplerDifference: {
      mean: difference / tokens,
      max: tokens === 0 ? NaN : Math.max(Math.abs(min), Math.abs(max)),
    },
    effectiveSampleSize: weights ** 2 / (tokens * squares),
  }
}

const klToReference = (batch: FilteredBatch, referenceLogprobs_BT: Float32Array): number => {
  const logprobs_BT = scoredLogprobs_BT(batch.scores)
  const kl_BT = tokenMatrix(batch, (place) =>
    unboundedK3(boundedLogRatio(referenceLogprobs_BT[place]! - logprobs_BT[place]!)),
  )
  return tokenMean(batch, kl_BT)
}
