import {
  concat,
  concatMap,
  defer,
  EMPTY,
  finalize,
  lastValueFrom,
  type Observable,
  of,
  retry,
  tap,
  throwError,
} from 'rxjs'
import type { StepReport } from '../../lib/report/step-report.js'
import { type LogOptions, openStepLogs } from '../../lib/run/step-logs.js'
import type { EventFile } from '../../lib/tensorboard/event-file.js'
import type { TimedStep } from '../../lib/timing/step-seconds.js'
import type { Tokenizer } from '../../lib/tokenizer/tokenizer.js'
import { inTurn } from '../../operators/in-turn.js'
import { type RunView, viewAfter } from '../display/view.js'

/** State of a run after its last step, and the error if a step failed. */
export interface FollowedRun {
  readonly view: RunView
  readonly failure: { readonly error: unknown } | null
}

export interface FollowOptions {
  /** Decodes the rollouts for the log. */
  readonly tokenizer: Tokenizer
  /** Delay before a log that cannot be opened, or a line that cannot be written, is tried again; by default the error ends the run. */
  readonly retry?: LogOptions['retry']
  /** Called with each step after it is logged and before it is shown. */
  readonly record?: (report: StepReport) => void
  /** Work after a step is shown. The next step is logged when it completes. */
  readonly afterStep?: (done: number) => Observable<never>
  /** TensorBoard event file that gets the metrics too; null for none. */
  readonly events?: EventFile | null
  /** Holds updates and rollouts, until the returned function is called. */
  readonly hold?: () => () => void
}

/**
 * Logs every step of a run into its folder and shows it. Resolves when the run completes or fails, and never rejects.
 *
 *     steps        -a---b---c---      b: has no update, so it need not wait for one
 *     log          -A-----B-C---      B: when the work after a has completed
 *     work          ====| | |
 *     hold          ======| |         from the report to the end of the work, also while a log waits for the disk
 */
export const followRun = async (
  steps$: Observable<TimedStep>,
  folder: string,
  start: RunView,
  show: (view: RunView) => void,
  {
    tokenizer,
    retry: delay = (error) => throwError(() => error),
    record = () => undefined,
    afterStep = () => EMPTY,
    events = null,
    hold = () => () => undefined,
  }: FollowOptions,
): Promise<FollowedRun> => {
  let latest = start
  const finish = (step: TimedStep): Observable<never> =>
    defer(() => {
      record(step.report)
      latest = viewAfter(latest, step)
      show(latest)
      return afterStep(latest.history.steps)
    })
  try {
    const logs$ = defer(() => of(openStepLogs(folder, { tokenizer, retry: delay, events: events ?? undefined })))
    const work$ = logs$.pipe(
      retry({ delay }),
      concatMap((logs) =>
        steps$.pipe(
          whileHeld(hold, (step) => concat(logs.write(step), finish(step))),
          finalize(logs.close),
        ),
      ),
    )
    await lastValueFrom(work$, { defaultValue: undefined })
    return { view: latest, failure: null }
  } catch (error) {
    return { view: latest, failure: { error } }
  }
}

/**
 * Works on one step after the other. The hold begins when a step arrives, so that the weights and the logs stay those of the step
 * until its work has ended.
 */
const whileHeld =
  (hold: () => () => void, work: (step: TimedStep) => Observable<never>) => (steps$: Observable<TimedStep>) =>
    defer(() => {
      let waiting = 0
      let open = () => {}
      const release = () => {
        const opening = open
        // Opening may bring the next step at once, which holds the run again.
        open = () => {}
        opening()
      }
      return steps$.pipe(
        tap(() => {
          if (waiting++ === 0) open = hold()
        }),
        inTurn((step) =>
          work(step).pipe(
            finalize(() => {
              if (--waiting === 0) release()
            }),
          ),
        ),
        finalize(release),
      )
    })
