import {
  concatWith,
  defer,
  EMPTY,
  from,
  map,
  type MonoTypeOperatorFunction,
  type Observable,
  of,
  type OperatorFunction,
  tap,
  throwError,
} from 'rxjs'
import type { Demand } from '../lib/control/demand.js'
import type { PipelineState } from '../lib/control/pipeline-state.js'
import type { Objective } from '../lib/objective/objective.js'
import { checkUpdate } from '../lib/policy/check-update.js'
import type { Learner, UpdateReport } from '../lib/policy/learner.js'
import { lockOf } from '../lib/policy/learner-lock.js'
import { type FailureKind, failureKinds, noVerdict } from '../lib/report/failure-kinds.js'
import { stepReportOf } from '../lib/report/step-report-of.js'
import type { StepReport } from '../lib/report/step-report.js'
import type { FilteredBatch } from '../lib/rollout/batch.js'
import { inTurn } from './in-turn.js'
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
 * `hasVerdict` is true for a resumed run whose verifier has judged a completion before.
 *
 * A step that changes no weight is reported as skipped, with the version of the weights unchanged. An error of an earlier stage
 * is passed on after the batches that came before it have trained, so that every change of the weights has its report. The
 * learner serves one run at a time, from subscription to the end of the output.
 *
 * @errors PipelineError AlreadyRunning when the demand or the learner serves another run; BrokenInvariant when the learner
 *         completes without a report, or with one that its port does not allow; NoVerdict at the end of a run in which the
 *         verifier failed on every completion; every error of the learner
 * @example
 * batches$.pipe(gpuSink(model.learner, ppoClip(), demand)).subscribe(({ step, reward }) => console.log(step, reward.mean))
 */
export const gpuSink =
  (
    learner: Learner,
    objective: Objective,
    { sinkEnd, returnCredit, recordOutcome }: Demand,
    { hasVerdict = false }: Partial<Pick<PipelineState, 'hasVerdict'>> = {},
  ): OperatorFunction<FilteredBatch, StepReport> =>
  (batches$) => {
    const lock = lockOf(learner)
    return defer(() => {
      let version = -1
      const train = (batch: FilteredBatch): Observable<StepReport> => {
        lock.admit(batch)
        return update(learner, objective, batch, version).pipe(
          tap(({ version: published, status }) => {
            version = published
            recordOutcome(batch.step, status === 'skipped')
          }),
          map((outcome) => stepReportOf(batch, outcome)),
          tap({ complete: () => returnCredit(batch.step) }),
        )
      }
      return batches$.pipe(requireVerdict(hasVerdict), inTurn(train))
    }).pipe(sinkEnd, lock.run)
  }

const update = (
  learner: Learner,
  objective: Objective,
  batch: FilteredBatch,
  last: number,
): Observable<UpdateReport> =>
  batch.accepted_B.includes(true)
    ? from(learner.update(batch, objective)).pipe(
        takeOne('report of the learner', batch.step),
        map((report) => checkUpdate(report, batch.step, last)),
      )
    : of({ status: 'skipped', version: Math.max(last, batch.scores.version), reason: 'nothing-accepted' })

/** Passes the batches on, and fails at their end if the verifier has failed on every completion. */
const requireVerdict =
  (hadVerdict: boolean): MonoTypeOperatorFunction<FilteredBatch> =>
  (batches$) =>
    defer(() => {
      let hasVerdict = hadVerdict
      let failures: readonly FailureKind[] = []
      return batches$.pipe(
        tap((batch) => {
          hasVerdict ||= batch.responses.length > 0
          failures = failureKinds(batch.failures, failures)
        }),
        concatWith(defer(() => (hasVerdict || failures.length === 0 ? EMPTY : throwError(() => noVerdict(failures))))),
      )
    })
