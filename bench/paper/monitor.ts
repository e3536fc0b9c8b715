import { concatMap, from, map, of, tap } from 'rxjs'
import { forEachToken } from '../../lib/batch/tokens.js'
import { predictedChange_BT } from '../../lib/entropy/predicted-change.js'
import { boundedLogRatio, unboundedK3 } from '../../lib/objective/kl-forms.js'
import { mapPolicy, type PolicyWrappers } from '../../lib/policy/map-policy.js'
import type { Policy } from '../../lib/policy/policy.js'
import type { Batch } from '../../lib/rollout/batch.js'
import type { Scores } from '../../lib/rollout/scores.js'
import { sum } from '../../lib/statistics.js'

/**
 * Change of entropy that the right and the wrong responses of a batch predict, each as a sum over their tokens divided by the
 * tokens of the batch. Right and wrong mean a positive and a negative advantage.
 *
 *     change       dH = -A (S - E[S])          gradient step on the logits
 *     covariance   dH = -A (log p + H)         natural gradient
 *
 * @units nats per token and unit learning rate
 */
export interface PredictedChanges {
  readonly changeOfRight: number
  readonly changeOfWrong: number
  readonly covarianceOfRight: number
  readonly covarianceOfWrong: number
}

/** Returns the predicted changes of a batch. */
export const predictedChanges = (batch: Batch, scores: Scores): PredictedChanges => {
  const [rightChange, wrongChange] = sumsBySign(batch, predictedChange_BT({ ...batch, scores }))
  const [rightCovariance, wrongCovariance] = sumsBySign(batch, predictedChange_BT({ ...batch, scores }, 'covariance'))
  const tokens = sum(batch.responses.map(({ completion }) => completion.tokens.length))
  return {
    changeOfRight: rightChange / tokens,
    changeOfWrong: wrongChange / tokens,
    covarianceOfRight: rightCovariance / tokens,
    covarianceOfWrong: wrongCovariance / tokens,
  }
}

/** Sums over the tokens of right and of wrong responses. @shape change_BT [B, T] */
const sumsBySign = (batch: Batch, change_BT: Float64Array): readonly [right: number, wrong: number] => {
  let [right, wrong] = [0, 0]
  forEachToken(batch, (place, b) => {
    if (batch.advantages_B[b]! > 0) right += change_BT[place]!
    if (batch.advantages_B[b]! < 0) wrong += change_BT[place]!
  })
  return [right, wrong]
}

/**
 * KL(learner || base) of a batch, estimated on its tokens.
 *
 *     mean of e^d - 1 - d        d = log p_base - log p_learner, held in [-20, 20]
 *
 * @units nats per token
 */
export const klToBase = (batch: Batch, learner: Scores, base: Scores): number => {
  let [total, tokens] = [0, 0]
  forEachToken(batch, (place) => {
    tokens++
    total += unboundedK3(boundedLogRatio(base.logprobs_BT[place]! - learner.logprobs_BT[place]!))
  })
  return total / tokens
}

/** Numbers that a run measures on its batches beyond its reports. */
export interface Measurements {
  /** Predicted changes by step. */
  readonly changes: Map<number, PredictedChanges>
  /** KL to the base model, at the first step and every `klEvery` steps. */
  readonly kl: number[]
}

/** Wraps a policy so that its scores are measured. The base model scores a batch every `klEvery` steps. */
export const measuredPolicy = (
  policy: Policy,
  kl: { readonly base: Pick<Policy, 'score'>; readonly every: number } | null,
): { readonly policy: Policy; readonly measurements: Measurements } => {
  const measurements: Measurements = { changes: new Map(), kl: [] }
  const score: PolicyWrappers['score'] = (call, batch) =>
    from(call()).pipe(
      tap((scores) => measurements.changes.set(batch.step, predictedChanges(batch, scores))),
      concatMap((scores) =>
        kl === null || batch.step % kl.every !== 0
          ? of(scores)
          : from(kl.base.score(batch)).pipe(
              map((base) => {
                measurements.kl.push(klToBase(batch, scores, base))
                return scores
              }),
            ),
      ),
    )
  return { policy: mapPolicy(policy, { score }), measurements }
}
