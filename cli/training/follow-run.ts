import { concatMap, EMPTY, endWith, lastValueFrom, type Observable, scan, tap } from 'rxjs'
import type { StepReport } from '../../lib/report/step-report.js'
import type { EventFile } from '../../lib/tensorboard/event-file.js'
import type { TimedStep } from '../../lib/timing/step-seconds.js'
import type { Tokenizer } from '../../lib/tokenizer/tokenizer.js'
import { type LogOptions, logSteps } from '../../operators/log-steps.js'
import { type RunView, viewAfter } from '../display/view.js'

/** State of a run after its last step, and the error if a step failed. */
export interface FollowedRun {
  readonly view: RunView
  readonly failure: { readonly error: unknown } | null
}

export interface FollowOptions {
  /** Decodes the rollouts for the log. */
  readonly tokenizer: Tokenizer
  /** Delay before a line that cannot be written is written again; by default its error ends the run. */
  readonly retry?: LogOptions['retry']
  /** Called with each step after it is logged and before it is shown. */
  readonly record?: (report: StepReport) => void
  /** Work after a step is shown. The next step is shown when it completes. */
  readonly afterStep?: (done: number) => Observable<never>
  /** TensorBoard event file that gets the metrics too; null for none. */
  readonly events?: EventFile | null
}

/** Logs every step of a run into its folder and shows it. Resolves when the run completes or fails, and never rejects. */
export const followRun = async (
  steps$: Observable<TimedStep>,
  folder: string,
  start: RunView,
  show: (view: RunView) => void,
  { tokenizer, retry, record = () => undefined, afterStep = () => EMPTY, events = null }: FollowOptions,
): Promise<FollowedRun> => {
  let latest = start
  try {
    await lastValueFrom(
      steps$.pipe(
        logSteps(folder, { tokenizer, retry, events: events ?? undefined }),
        tap(({ report }) => record(report)),
        scan(viewAfter, start),
        tap((view) => {
          latest = view
          show(view)
        }),
        concatMap((view) => afterStep(view.history.steps).pipe(endWith(view))),
      ),
      { defaultValue: start },
    )
    return { view: latest, failure: null }
  } catch (error) {
    return { view: latest, failure: { error } }
  }
}
