import { concatMap, from, map, type Observable, of, type OperatorFunction, take, tap, throwIfEmpty } from 'rxjs'
import type { Objective } from '../lib/objective/objective.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { Learner, UpdateReport } from '../lib/policy/learner.js'
import type { FilteredBatch } from '../lib/rollout/batch.js'
import { stepReportOf } from '../lib/report/step-report-of.js'
import type { StepReport } from '../lib/report/step-report.js'
import type { Demand } from '../lib/control/demand.js'

/**
 * Trains on one batch after the other: a report for each, then its credit.
 *
 *     batches    a-b----------c---|
 *     learner    ----u|           |      nothing of c was accepted: the learner is not asked
 *                     ----u|
 *     output     ----A----B---C---|
 *     credits    ----1----1---1---
 *
 * A step that changes nothing is reported as skipped, with the version unchanged.
 *
 * @errors PipelineError AlreadyRunning when the demand serves another run; BrokenInvariant when the learner ends
 *         without a report; whatever the learner fails with
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
        outcomeOf(learner, objective, batch).pipe(
          map((outcome) => stepReportOf(batch, outcome)),
          tap({ complete: () => returnCredit(batch.step) }),
        ),
      ),
      sinkEnd,
    )

const outcomeOf = (learner: Learner, objective: Objective, batch: FilteredBatch): Observable<UpdateReport> =>
  batch.accepted_B.includes(true)
    ? from(learner.update(batch, objective)).pipe(
        take(1),
        throwIfEmpty(() => new PipelineError('BrokenInvariant', `the learner gave no report of batch ${batch.step}`)),
      )
    : of({ status: 'skipped', version: batch.scores.version, reason: 'nothing-accepted' })
