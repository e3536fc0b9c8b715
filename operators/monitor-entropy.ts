import {
  concatMap,
  defer,
  from,
  map,
  type Observable,
  of,
  type OperatorFunction,
  switchMap,
  take,
  tap,
  throwIfEmpty,
} from 'rxjs'
import { drift } from '../lib/entropy/drift.js'
import type { EntropyState } from '../lib/rollout/entropy-state.js'
import { predictedChange } from '../lib/entropy/predicted-change.js'
import { tokenMeanEntropy } from '../lib/entropy/token-mean-entropy.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { Policy } from '../lib/policy/policy.js'
import type { Batch, MeasuredBatch, Scores } from '../lib/rollout/batch.js'
import type { BandInForce, EntropyControl } from '../lib/control/entropy-control.js'

/**
 * Scores every batch under the learner policy and publishes its entropy, band and drift before passing it on.
 *
 *     batches           a------b------|
 *     policy.score      --s|   --s|
 *     output            --a'-----b'---|
 *     control.state$    --A------B----|     just before a' and b'
 *
 * One batch at a time, in order. A batch without responses is passed on with entropy NaN and drift 0, and the policy is
 * not asked.
 *
 * @errors PipelineError AlreadyRunning when the control serves another run; BrokenInvariant when the policy ends
 *         without scores; Diverged when they are no numbers; whatever the policy or the stream of bands fails with
 */
export const monitorEntropy =
  (policy: Policy, { monitor }: EntropyControl): OperatorFunction<Batch, MeasuredBatch> =>
  (batches$) =>
    monitor.run(
      defer(() => {
        let before: number | null = null
        const measure = (batch: MeasuredBatch) =>
          monitor.bandAt(batch.step).pipe(
            map((inForce) => stateOf(batch, inForce, before)),
            tap((state) => {
              if (!Number.isNaN(state.entropy)) before = state.entropy
              monitor.publish(state)
            }),
            map(() => batch),
          )
        return batches$.pipe(
          concatMap((batch) => scoresOf(policy, batch).pipe(switchMap((scores) => measure({ ...batch, scores })))),
        )
      }),
    )

const stateOf = (batch: MeasuredBatch, { band, steered }: BandInForce, before: number | null): EntropyState => {
  const entropy = tokenMeanEntropy(batch)
  if (Number.isNaN(entropy) && batch.width > 0)
    throw new PipelineError('Diverged', `the policy's scores of batch ${batch.step} are no numbers`)
  return {
    step: batch.step,
    entropy,
    band,
    steered,
    drift: drift(entropy, band),
    measuredChange: before === null || Number.isNaN(entropy) ? null : entropy - before,
    predictedChange: predictedChange(batch),
  }
}

const scoresOf = (policy: Policy, batch: Batch): Observable<Scores> =>
  batch.responses.length === 0
    ? of(noScores(policy.version))
    : from(policy.score(batch)).pipe(
        take(1),
        throwIfEmpty(() => new PipelineError('BrokenInvariant', `the policy gave no scores for batch ${batch.step}`)),
      )

const noScores = (version: number): Scores => {
  const nothing = new Float32Array(0)
  return {
    version,
    logprobs_BT: nothing,
    entropy_BT: nothing,
    s_BT: nothing,
    expectedS_BT: nothing,
    squares_BT: nothing,
  }
}
