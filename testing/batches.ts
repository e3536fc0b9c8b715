import type { EntropyState } from '../lib/rollout/entropy-state.js'
import { everything } from '../lib/entropy/filter/everything.js'
import type { UpdateReport } from '../lib/policy/learner.js'
import { batchOf } from '../lib/batch/batch-of.js'
import type { Batch, FilteredBatch, MeasuredBatch, Scores } from '../lib/rollout/batch.js'
import { anAdvantagedGroup } from './groups.js'

/** One response per advantage; the reward equals it, and response b has b + 1 tokens. */
export const aBatch = (batch = 0, advantages: readonly number[] = [1, -1]): Batch =>
  batchOf([anAdvantagedGroup(advantages, { step: batch })])

/** Batch number `batch` without responses: every verdict failed. */
export const anEmptyBatch = (batch = 0): Batch => batchOf([anAdvantagedGroup([null, null], { step: batch })])

/**
 * The same for every token: p = 1/e of a softmax whose squares sum to 1/2; S - E[S] is 0.25, so that the predicted
 * change is -A/4 per token.
 */
export const someScores = ({ responses, width }: Batch, entropy = 0.5, version = 0): Scores => {
  const matrix = (value: number) => {
    const matrix_BT = new Float32Array(responses.length * width)
    responses.forEach(({ completion }, b) => matrix_BT.fill(value, b * width, b * width + completion.tokens.length))
    return matrix_BT
  }
  return {
    version,
    logprobs_BT: matrix(-1),
    entropy_BT: matrix(entropy),
    s_BT: matrix(0.25),
    expectedS_BT: matrix(0),
    squares_BT: matrix(0.5),
  }
}

export const aMeasuredBatch = (batch = 0, advantages?: readonly number[], entropy?: number): MeasuredBatch => {
  const unmeasured = aBatch(batch, advantages)
  return { ...unmeasured, scores: someScores(unmeasured, entropy) }
}

/** Inside the band, for batch number `batch`. */
export const anEntropyState = (batch = 0, but: Partial<EntropyState> = {}): EntropyState => ({
  step: batch,
  entropy: 0.5,
  band: { low: 0.4, high: 0.6 },
  steered: null,
  drift: 0,
  measuredChange: null,
  predictedChange: 0,
  ...but,
})

/** Everything in it is accepted. */
export const aFilteredBatch = (batch = 0, advantages?: readonly number[]): FilteredBatch =>
  everything().admit(anEntropyState(batch), aMeasuredBatch(batch, advantages))

/** An update that published `version`. */
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
