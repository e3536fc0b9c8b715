import { concatMap, from, map, of, tap } from 'rxjs'
import { forEachToken } from '../../lib/batch/tokens.js'
import { predictedChange_BT } from '../../lib/entropy/predicted-change.js'
import { boundedLogRatio, unboundedK3 } from '../../lib/objective/kl-forms.js'
import { mapPolicy, type PolicyWrappers } from '../../lib/policy/map-policy.js'
import type { Policy } from '../../lib/policy/policy.js'
import type { Batch, Scores } from '../../lib/rollout/batch.js'

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
  const change_BT = predictedChange_BT({ ...batch, scores })
  const totals = { changeOfRight: 0, changeOfWrong: 0, covarianceOfRight: 0, covarianceOfWrong: 0 }
  let tokens = 0
  forEachToken(batch, (place, b) => {
    tokens++
    const advantage = batch.advantages_B[b]!
    if (Number.isNaN(advantage) || advantage === 0) return
    const covariance = -advantage * (scores.logprobs_BT[place]! + scores.entropy_BT[place]!)
    totals[advantage > 0 ? 'changeOfRight' : 'changeOfWrong'] += change_BT[place]!
    totals[advantage > 0 ? 'covarianceOfRight' : 'covarianceOfWrong'] += covariance
  })
  return {
    changeOfRight: totals.changeOfRight / tokens,
    changeOfWrong: totals.changeOfWrong / tokens,
    covarianceOfRight: totals.covarianceOfRight / tokens,
    covarianceOfWrong: totals.covarianceOfWrong / tokens,
  }
}

/**
 * KL(learner || base) of a batch, estimated on its tokens.
 *
 *     mean of e^d - 1 - d        d = log p_base - log p_learner, held in [-20, 20]
 *
 * @units nats per token
 */
export const klToBase = (batch: Batch, learner: Scores, base: Scores): number => {
  let [sum, tokens] = [0, 0]
  forEachToken(batch, (place) => {
    tokens++
    sum += unboundedK3(boundedLogRatio(base.logprobs_BT[place]! - learner.logprobs_BT[place]!))
  })
  return sum / tokens
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
