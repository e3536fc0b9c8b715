import { join } from 'node:path'
import { concatMap, EMPTY, endWith, finalize, lastValueFrom, type Observable, scan, tap } from 'rxjs'
import { jsonLines } from '../lib/run/json-lines.js'
import { runFiles } from '../lib/run/run-folder.js'
import { type StepMetrics, stepMetrics } from '../lib/run/step-metrics.js'
import { type StepRollouts, stepRollouts } from '../lib/run/step-rollouts.js'
import type { StepSeconds, TimedStep } from '../lib/run/step-seconds.js'
import { eventFile } from '../lib/run/tensorboard/event-file.js'
import { tensorboardScalars } from '../lib/run/tensorboard/scalars.js'
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
        logged(folder, tokenizer, tensorboard),
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

/** Appends every step to the logs of the folder before passing it on. */
const logged = (folder: string, tokenizer: Tokenizer, tensorboard: boolean) => {
  const metrics = jsonLines<StepMetrics>(join(folder, runFiles.metrics))
  const timings = jsonLines<StepSeconds>(join(folder, runFiles.timings))
  const rollouts = jsonLines<StepRollouts>(join(folder, runFiles.rollouts))
  const events = tensorboard ? eventFile(folder, wallClock) : null
  return (steps$: Observable<TimedStep>): Observable<TimedStep> =>
    steps$.pipe(
      tap(({ report, seconds }) => {
        const measured = stepMetrics(report)
        metrics.append(measured)
        timings.append(seconds)
        rollouts.append(stepRollouts(report, tokenizer))
        events?.append(report.step, tensorboardScalars(measured))
      }),
      finalize(() => {
        metrics.close()
        timings.close()
        rollouts.close()
        events?.close()
      }),
    )
}
