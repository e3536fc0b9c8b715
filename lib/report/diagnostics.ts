import { logTokenBaseline_BT } from '../entropy/log-token-baseline.js'
import type { FilteredBatch } from '../rollout/batch.js'

/** Monitors of one step. Means over tokens, each response counting by its length; NaN over no tokens. */
export interface Diagnostics {
  /**
   * Mean log-prob under the learner: of all responses, of those with A > 0 and with A < 0 (Entrocraft, Fig. 2b).
   *
   * @units nats per token
   */
  readonly logLikelihood: { readonly all: number; readonly positive: number; readonly negative: number }
  /** Mean of {@link logTokenBaseline_BT}, to set beside `logLikelihood.all` (Fig. 2a). @units nats per token */
  readonly logBaseline: number
  /** Share of the tokens whose log p is above its baseline, which is S > E[S]: there A dH <= 0 (Theorem 1). */
  readonly aboveBaseline: number
  /** KL(sampler || learner), estimated on the sampled tokens. @units nats per token */
  readonly klToSampler: number
  /** Extremes of learner / sampler over the tokens. */
  readonly samplerRatio: { readonly min: number; readonly max: number }
  /** KL(learner || reference), likewise (Fig. 4c); null where the batch has no reference log-probs. @units nats per token */
  readonly klToReference: number | null
  /** Responses that train; the mean over the steps on which the filter acted is Fig. 7. */
  readonly effectiveBatch: number
}

/**
 * What the scores of a batch say of the step that it makes.
 *
 *     klToSampler     mean of e^d - 1 - d,  d = log p_learner - log p_sampler
 *     klToReference   mean of e^d - 1 - d,  d = log p_reference - log p_learner, clamped to [-20, 20]
 *
 * The sampler's log-probs are those of the distribution that was drawn from, under temperature, top-k and top-p; the
 * learner's are at temperature 1. So `klToSampler` and `samplerRatio` tell the sampling settings as well as staleness.
 *
 * @source Entrocraft, arXiv:2604.26326, section 4; the estimator k3 is http://joschu.net/blog/kl-approx.html
 */
export const diagnosticsOf = (batch: FilteredBatch): Diagnostics => ({
  logLikelihood: {
    all: meanLogprob(batch, () => true),
    positive: meanLogprob(batch, (advantage) => advantage > 0),
    negative: meanLogprob(batch, (advantage) => advantage < 0),
  },
  ...againstBaseline(batch),
  ...againstSampler(batch),
  klToReference: batch.referenceLogprobs_BT === undefined ? null : klToReference(batch, batch.referenceLogprobs_BT),
  effectiveBatch: batch.accepted_B.filter(Boolean).length,
})

const meanLogprob = (
  { responses, advantages_B, scores, width }: FilteredBatch,
  counts: (advantage: number) => boolean,
): number => {
  let sum = 0
  let tokens = 0
  for (let b = 0; b < responses.length; b++) {
    if (!counts(advantages_B[b]!)) continue
    const { length } = responses[b]!.completion.tokens
    for (let i = b * width; i < b * width + length; i++) sum += scores.logprobs_BT[i]!
    tokens += length
  }
  return sum / tokens
}

const againstBaseline = (batch: FilteredBatch): Pick<Diagnostics, 'logBaseline' | 'aboveBaseline'> => {
  const { responses, scores, width } = batch
  const baseline_BT = logTokenBaseline_BT(batch)
  let sum = 0
  let above = 0
  let tokens = 0
  for (let b = 0; b < responses.length; b++) {
    const { length } = responses[b]!.completion.tokens
    for (let i = b * width; i < b * width + length; i++) {
      sum += baseline_BT[i]!
      if (scores.logprobs_BT[i]! > baseline_BT[i]!) above++
    }
    tokens += length
  }
  return { logBaseline: sum / tokens, aboveBaseline: above / tokens }
}

const againstSampler = ({
  responses,
  scores,
  width,
}: FilteredBatch): Pick<Diagnostics, 'klToSampler' | 'samplerRatio'> => {
  let sum = 0
  let tokens = 0
  let min = Infinity
  let max = -Infinity
  for (let b = 0; b < responses.length; b++) {
    const { logprobs_T } = responses[b]!.completion
    for (let t = 0; t < logprobs_T.length; t++) {
      const d = scores.logprobs_BT[b * width + t]! - logprobs_T[t]!
      sum += k3(d)
      min = Math.min(min, d)
      max = Math.max(max, d)
    }
    tokens += logprobs_T.length
  }
  const samplerRatio = tokens === 0 ? { min: NaN, max: NaN } : { min: Math.exp(min), max: Math.exp(max) }
  return { klToSampler: sum / tokens, samplerRatio }
}

const klToReference = ({ responses, scores, width }: FilteredBatch, referenceLogprobs_BT: Float32Array): number => {
  let sum = 0
  let tokens = 0
  for (let b = 0; b < responses.length; b++) {
    const { length } = responses[b]!.completion.tokens
    for (let i = b * width; i < b * width + length; i++) {
      sum += k3(Math.max(-20, Math.min(20, referenceLogprobs_BT[i]! - scores.logprobs_BT[i]!)))
    }
    tokens += length
  }
  return sum / tokens
}

/** e^d - 1 - d: never negative, and without bias for KL(drawn from || other) where d = log other - log drawn from. */
const k3 = (d: number): number => Math.expm1(d) - d
