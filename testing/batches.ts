import { batchOf } from '../lib/batch/batch-of.js'
import { everything } from '../lib/entropy/filter/everything.js'
import type { UpdateReport } from '../lib/policy/learner.js'
import type { Batch, FilteredBatch, MeasuredBatch } from '../lib/rollout/batch.js'
import type { ScoreMethod, Scores } from '../lib/rollout/scores.js'
import type { EntropyState } from '../lib/rollout/entropy-state.js'
import { anAdvantagedGroup } from './groups.js'

/**
 * Builds the batch of a step with one response for each advantage. The reward equals the advantage; response b has b + 1
 * tokens.
 *
 * @example
 * aBatch(3, [1, -1]).responses.length // 2
 */
export const aBatch = (step = 0, advantages: readonly number[] = [1, -1]): Batch =>
  batchOf([anAdvantagedGroup(advantages, { step })])

/**
 * Builds the batch of a step without responses, because every verdict failed.
 *
 * @example
 * anEmptyBatch().failures.length // 2
 */
export const anEmptyBatch = (step = 0): Batch => batchOf([anAdvantagedGroup([null, null], { step })])

/** Scores by their method. */
type ScoresOf = { readonly [M in ScoreMethod]: Extract<Scores, { readonly method: M }> }

/**
 * Builds scores that are the same for every token, exact ones by default.
 *
 *     exact      log-probability -1, S - E[S] = 0.25, squares summing to 0.5; the predicted change is -A/4 per token
 *     top-k      the same, and an error of the entropy of 0.125
 *     sampled    log-probability -entropy, and nothing of the distribution
 *
 * @units entropy in nats per token
 * @example
 * someScores(aBatch(), 0.7).entropy_BT[0] // 0.7, as a 32-bit number
 */
export const someScores = <M extends ScoreMethod = 'exact'>(
  { responses, width }: Batch,
  entropy = 0.5,
  version = 0,
  method: M = 'exact' as M,
): ScoresOf[M] => {
  const matrix = (value: number) => {
    const matrix_BT = new Float32Array(responses.length * width)
    responses.forEach(({ completion }, b) => matrix_BT.fill(value, b * width, b * width + completion.tokens.length))
    return matrix_BT
  }
  const distribution = { s_BT: matrix(0.25), expectedS_BT: matrix(0), squares_BT: matrix(0.5) }
  const scores = { version, logprobs_BT: matrix(-1), entropy_BT: matrix(entropy) }
  const made: ScoresOf = {
    exact: { ...scores, method: 'exact', distribution },
    'top-k': { ...scores, method: 'top-k', distribution, entropyError_BT: matrix(0.125) },
    sampled: { ...scores, method: 'sampled', logprobs_BT: matrix(-entropy) },
  }
  return made[method]
}

/**
 * Builds {@link aBatch} with {@link someScores}.
 *
 * @units entropy in nats per token
 * @example
 * aMeasuredBatch(0, [1, -1], 0.3)
 */
export const aMeasuredBatch = (step = 0, advantages?: readonly number[], entropy?: number): MeasuredBatch => {
  const batch = aBatch(step, advantages)
  return { ...batch, scores: someScores(batch, entropy) }
}

/**
 * Builds the entropy state of a step inside its band: entropy 0.5 in [0.4, 0.6]. The next band is the same unless it is given.
 *
 * @example
 * anEntropyState(3, { entropy: 0.3, drift: -1 })
 */
export const anEntropyState = (
  step = 0,
  { band = { low: 0.4, high: 0.6 }, ...fields }: Partial<EntropyState> = {},
): EntropyState => ({
  step,
  entropy: 0.5,
  scoreMethod: 'exact',
  entropyError: 0,
  band,
  nextBand: band,
  steered: null,
  drift: 0,
  measuredChange: null,
  predictedChange: 0,
  ...fields,
})

/**
 * Builds {@link aMeasuredBatch} with every response accepted.
 *
 * @example
 * aFilteredBatch().accepted_B // [true, true]
 */
export const aFilteredBatch = (step = 0, advantages?: readonly number[]): FilteredBatch =>
  everything().admit(anEntropyState(step), aMeasuredBatch(step, advantages))

/**
 * Builds the report of an update that published a version of the weights.
 *
 * @example
 * anUpdate(2).status // 'updated'
 */
export const anUpdate = (version = 1): UpdateReport => ({
  status: 'updated',
  version,
  optimizerSteps: 1,
  learningRate: 1e-3,
  loss: 0.5,
  gradientNorm: 1,
  clipFraction: 0,
  clipFractionLow: 0,
  clipFractionHigh: 0,
  markedFraction: 0,
  kl: 0,
  ratio: { min: 1, max: 1 },
})
