import { scoredLogprobs_BT } from '../batch/score-temperature.js'
import { checkOption, positiveOrInfinite } from '../option.js'
import { forEachRow } from '../batch/tokens.js'
import type { RegistryEntry } from '../registry.js'
import type { FilteredBatch } from '../rollout/batch.js'
import { boundedLogRatio } from './kl-forms.js'
import { rowOf, trainedMean } from './minibatch.js'

/**
 * Correction of the mismatch between sampler and learner, which may differ in engine, weights or numerics.
 *
 *     d_t = logprob of the learner's scoring pass - logprob of the sampler
 *
 * It reads the mismatch d and returns an importance weight for the advantage of each token, or a mask with fewer tokens.
 * Both log-probs are over the whole vocabulary, at the score temperature and at the sampling temperature. Where these are
 * equal, d is 0 for completions that the learner's own weights sampled, whatever top-k and top-p are: the sampler's log-prob is
 * that before truncation.
 *
 * @shape importance_BT, mask_BT [B, T]; accepted_B [B]
 * @units d in nats
 */
export type Correction = (batch: FilteredBatch) => Pick<FilteredBatch, 'importance_BT' | 'mask_BT' | 'accepted_B'>

/** Mismatch d of every completion token. @shape [B, T], 0 in the padding @units nats */
export const mismatch_BT = (batch: FilteredBatch): Float64Array => {
  const logprobs_BT = scoredLogprobs_BT(batch.scores)
  const d_BT = new Float64Array(logprobs_BT.length)
  forEachRow(batch, (first, end, b) => {
    const { logprobs_T, untruncatedLogprobs_T = logprobs_T } = batch.responses[b]!.completion
    for (let place = first; place < end; place++)
      d_BT[place] = logprobs_BT[place]! - untruncatedLogprobs_T[place - first]!
  })
  return d_BT
}

/**
 * Correction by truncated importance sampling: multiplies the advantage of each token by its ratio, up to a cap.
 *
 *     importance_t = min( exp(d_t), cap )        d is held in [-20, 20], as in verl
 *
 * @shape  importance_BT [B, T]
 * @source Yao et al., "Your efficient RL framework secretly brings you off-policy RL training", 2025 (cap 2)
 * @example
 * trainingPipeline({ estimator: grpo(), objective: ppoClip(), correction: truncate(2) })
 */
export const truncate = (cap = 2): Correction => {
  checkOption('cap', cap, positiveOrInfinite)
  return (batch) => ({
    mask_BT: batch.mask_BT,
    accepted_B: batch.accepted_B,
    importance_BT: Float32Array.from(mismatch_BT(batch), (d) => Math.min(Math.exp(boundedLogRatio(d)), cap)),
  })
}

/**
 * Correction by masking: rejects whole responses whose mean mismatch is too large.
 *
 *     keep where 1 / cap <= exp( mean_t d_t ) <= cap        mean over the trained tokens of the response
 *
 * It takes the mean and not the sum, because the product of all token ratios would reject nearly every long response.
 *
 * @shape  mask_BT [B, T]; accepted_B [B]
 * @example
 * trainingPipeline({ estimator: grpo(), objective: ppoClip(), correction: maskSequence(2) })
 */
export const maskSequence = (cap = 2): Correction => {
  checkOption('cap', cap, positiveOrInfinite)
  return (batch) => {
    const d_BT = mismatch_BT(batch)
    const accepted_B = batch.accepted_B.map(
      (accepted, b) => accepted && Math.abs(trainedMean(batch, b, (place) => d_BT[place]!)) <= Math.log(cap),
    )
    return {
      accepted_B,
      mask_BT: batch.mask_BT.map((trains, place) => (accepted_B[rowOf(batch, place)] === true ? trains : 0)),
    }
  }
}

/** Entry of the registry {@link corrections}: `create(cap)` makes the correction; `cap` is the largest ratio. */
export type CorrectionEntry = RegistryEntry<(cap: number) => Correction>

/**
 * Mismatch corrections by name.
 *
 * @example
 * trainingPipeline({ estimator: grpo(), objective: ppoClip(), correction: corrections.truncate.create(2) })
 */
export const corrections = {
  truncate: {
    create: truncate,
    about: 'multiplies the advantage of each token by the ratio of learner to sampler probability, up to a cap',
    paper: 'Yao et al., "Your efficient RL framework secretly brings you off-policy RL training", 2025',
  },
  'mask-sequence': {
    create: maskSequence,
    about: 'rejects responses whose mean ratio of learner to sampler probability is beyond the cap, above or below',
  },
} as const satisfies Record<string, CorrectionEntry>

/** Name of a mismatch correction in the registry {@link corrections}. */
export type CorrectionName = keyof typeof corrections
