import { concatMap, EMPTY, endWith, lastValueFrom, type Observable, scan, tap } from 'rxjs'
import { logSteps } from '../operators/log-steps.js'
import type { TimedStep } from '../lib/timing/step-seconds.js'
import type { Tokenizer } from '../lib/tokenizer/tokenizer.js'
import { wallClock } from './gauges.js'
import { type RunView, viewAfter } from './display/view.js'

/** How a run ended: the last view of it, and the error where it failed. */
export interface Followed {
  readonly view: RunView
  readonly failure: { readonly error: unknown } | null
}

export interface FollowOptions {
  /** Writes down what the rollouts say. */
  readonly tokenizer: Tokenizer
  /** What is done after a step was shown, and before the next is. */
  readonly afterStep?: (step: number) => Observable<never>
  /** An event file for TensorBoard beside the logs. */
  readonly tensorboard?: boolean
}

/** Follows a run to its end, whichever it is: logs every step into the folder, then shows it. Never rejects. */
export const followRun = async (
  steps$: Observable<TimedStep>,
  folder: string,
  start: RunView,
  show: (view: RunView) => void,
  { tokenizer, afterStep = () => EMPTY, tensorboard = false }: FollowOptions,
): Promise<Followed> => {
  let latest = start
  try {
    await lastValueFrom(
      steps$.pipe(
        logSteps(folder, { tokenizer, eventsAt: tensorboard ? wallClock : undefined }),
        scan(viewAfter, start),
        tap((view) => {
          latest = view
          show(view)
        }),
        concatMap((view) => afterStep(view.history.metrics.length).pipe(endWith(view))),
      ),
      { defaultValue: start },
    )
    return { view: latest, failure: null }
  } catch (error) {
    return { view: latest, failure: { error } }
  }
}
