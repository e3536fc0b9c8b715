import { concatMap, from, map, type Observable, of, type OperatorFunction, tap } from 'rxjs'
import type { Demand } from '../lib/control/demand.js'
import type { Objective } from '../lib/objective/objective.js'
import type { Learner, UpdateReport } from '../lib/policy/learner.js'
import { stepReportOf } from '../lib/report/step-report-of.js'
import type { StepReport } from '../lib/report/step-report.js'
import type { FilteredBatch } from '../lib/rollout/batch.js'
import { takeOne } from './take-one.js'

/**
 * Updates the learner with one batch at a time: emits the report of each step, then returns its credit.
 *
 *     batches    a-b----------c---|
 *     learner    ----u|           |      no response of c was accepted: the learner is not called
 *                     ----u|
 *     output     ----A----B---C---|
 *     credits    ----1----1---1---
 *
 * A step that changes no weight is reported as skipped, with the version of the weights unchanged.
 *
 * @errors PipelineError AlreadyRunning when the demand serves another run; BrokenInvariant when the learner completes
 *         without a report; every error of the learner
 * @example
 * batches$.pipe(gpuSink(model.learner, ppoClip(), demand)).subscribe(({ step, reward }) => console.log(step, reward.mean))
 */
export const gpuSink =
  (
    learner: Learner,
    objective: Objective,
    { sinkEnd, returnCredit }: Demand,
  ): OperatorFunction<FilteredBatch, StepReport> =>
  (batches$) =>
    batches$.pipe(
      concatMap((batch) =>
        update(learner, objective, batch).pipe(
          map((outcome) => stepReportOf(batch, outcome)),
          tap({ complete: () => returnCredit(batch.step) }),
        ),
      ),
      sinkEnd,
    )

const update = (learner: Learner, objective: Objective, batch: FilteredBatch): Observable<UpdateReport> =>
  batch.accepted_B.includes(true)
    ? from(learner.update(batch, objective)).pipe(takeOne('report of the learner', batch.step))
    : of({ status: 'skipped', version: batch.scores.version, reason: 'nothing-accepted' })
