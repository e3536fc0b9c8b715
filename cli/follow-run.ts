import { join } from 'node:path'
import { finalize, lastValueFrom, type Observable, scan, tap } from 'rxjs'
import { jsonLines } from '../lib/run/json-lines.js'
import { runFiles } from '../lib/run/run-folder.js'
import { type StepMetrics, stepMetrics } from '../lib/run/step-metrics.js'
import type { StepSeconds, TimedStep } from '../lib/run/step-seconds.js'
import { type RunView, viewAfter } from './display/view.js'

/** How a run ended: the last view of it, and the error where it failed. */
export interface Followed {
  readonly view: RunView
  readonly failure: { readonly error: unknown } | null
}

/** Follows a run to its end, whichever it is: logs every step into the folder, then shows it. Never rejects. */
export const followRun = async (
  steps$: Observable<TimedStep>,
  folder: string,
  start: RunView,
  show: (view: RunView) => void,
): Promise<Followed> => {
  let latest = start
  try {
    await lastValueFrom(
      steps$.pipe(
        logged(folder),
        scan(viewAfter, start),
        tap((view) => {
          latest = view
          show(view)
        }),
      ),
      { defaultValue: start },
    )
    return { view: latest, failure: null }
  } catch (error) {
    return { view: latest, failure: { error } }
  }
}

/** Appends every step to the two logs of the folder before passing it on. */
const logged = (folder: string) => {
  const metrics = jsonLines<StepMetrics>(join(folder, runFiles.metrics))
  const timings = jsonLines<StepSeconds>(join(folder, runFiles.timings))
  return (steps$: Observable<TimedStep>): Observable<TimedStep> =>
    steps$.pipe(
      tap(({ report, seconds }) => {
        metrics.append(stepMetrics(report))
        timings.append(seconds)
      }),
      finalize(() => {
        metrics.close()
        timings.close()
      }),
    )
}
