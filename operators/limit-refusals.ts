import { concatMap, concatWith, defer, type MonoTypeOperatorFunction, of, throwError } from 'rxjs'
import { initialPipelineState, type PipelineState, refusalsAfter } from '../lib/control/pipeline-state.js'
import { checkOption, integerFrom } from '../lib/option.js'
import { PipelineError } from '../lib/pipeline-error.js'
import { type Refusal, refusalOf } from '../lib/policy/learner.js'
import { stepNumber } from '../lib/report/step-number.js'
import type { StepReport } from '../lib/report/step-report.js'

/**
 * Passes the reports of a run on, and ends the run when the learner has refused a number of updates in a row. The weights are
 * then those of the last update that was made.
 *
 *     reports    -u-r-r-u-r-s-r-r--u-      u: updated, r: refused, s: skipped for another reason, limit 3
 *     output     -u-r-r-u-r-s-r-(r#)
 *
 * A resumed run passes the state that it goes on from. A step that is skipped for another reason, such as a batch without an accepted response, is not counted: it says nothing
 * about the numbers of the weights.
 *
 * @errors RangeError, thrown by the call, for a limit that is no integer >= 1; PipelineError Diverged that names the reasons of
 *         the refused updates
 * @example
 * pipeline(ports, options).pipe(limitRefusals(5)).subscribe()
 */
export const limitRefusals = <A extends Pick<StepReport, 'step' | 'outcome'>>(
  limit = 5,
  { refusals }: Pick<PipelineState, 'refusals'> = initialPipelineState,
): MonoTypeOperatorFunction<A> => {
  checkOption('limit of refused updates', limit, integerFrom(1))
  return (reports$) =>
    defer(() => {
      let reasons = refusals
      return reports$.pipe(
        concatMap((report) => {
          reasons = refusalsAfter(reasons, report.outcome)
          const report$ = of(report)
          return refusalOf(report.outcome) === null || reasons.length < limit
            ? report$
            : report$.pipe(concatWith(throwError(() => tooManyRefusals(report.step, reasons))))
        }),
      )
    })
}

const tooManyRefusals = (step: number, reasons: readonly Refusal[]): PipelineError =>
  new PipelineError(
    'Diverged',
    `step ${stepNumber(step)}: found ${reasons.length} refused updates in a row (${[...new Set(reasons)].join(', ')}), expected fewer; a lower learning rate may prevent it`,
  )
