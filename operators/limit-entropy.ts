import { concatMap, concatWith, type MonoTypeOperatorFunction, of, throwError } from 'rxjs'
import { type LimitSide, outsideLimit } from '../lib/entropy/outside-limit.js'
import { checkOption, oneOf } from '../lib/option.js'
import { PipelineError } from '../lib/pipeline-error.js'
import { stepNumber } from '../lib/report/step-number.js'
import type { StepReport } from '../lib/report/step-report.js'
import type { Band } from '../lib/rollout/band.js'

/** Things that can happen when entropy leaves its hard limit. */
export const limitActions = ['mark', 'stop'] as const

/** Action at a hard limit: `mark` only marks the report, `stop` ends the run after it. */
export type LimitAction = (typeof limitActions)[number]

/**
 * Marks the reports of the steps whose entropy is outside a hard limit. The limit is for a run that has failed, by an entropy
 * that has collapsed or exploded; the band is for a run in order.
 *
 *     reports          -a-b-c-d-|       b: entropy below the limit
 *     output, mark     -a-B-c-d-|       B: b with outsideLimit
 *     output, stop     -a-(B#)
 *
 * @units nats per token
 * @errors RangeError, thrown by the call, for an unknown action; PipelineError EntropyLimit at action `stop`
 * @example
 * pipeline(ports, options).pipe(limitEntropy({ low: 0.05, high: 3 }, 'stop')).subscribe()
 */
export const limitEntropy = (limit: Band, action: LimitAction = 'mark'): MonoTypeOperatorFunction<StepReport> => {
  checkOption('action at the entropy limit', action, oneOf(limitActions))
  return concatMap((report) => {
    const side = outsideLimit(report.entropy.entropy, limit)
    if (side === null) return of(report)
    const marked$ = of({ ...report, outsideLimit: side })
    return action === 'mark' ? marked$ : marked$.pipe(concatWith(throwError(() => leftLimit(report, side, limit))))
  })
}

const leftLimit = ({ step, entropy }: StepReport, side: LimitSide, { low, high }: Band): PipelineError =>
  new PipelineError(
    'EntropyLimit',
    `step ${stepNumber(step)}: found entropy ${entropy.entropy.toPrecision(3)} nats per token, ${side} its limit, expected ${low} to ${high}`,
  )
