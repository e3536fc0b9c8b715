import { join } from 'node:path'
import type { IOEither } from 'fp-ts/lib/IOEither.js'
import {
  concat,
  concatMap,
  defer,
  EMPTY,
  finalize,
  type MonoTypeOperatorFunction,
  type Observable,
  type ObservableInput,
  of,
  retry,
  Subscription,
  throwError,
} from 'rxjs'
import type { FileError } from '../lib/file/file-error.js'
import { rightOrThrow } from '../lib/or-throw.js'
import { stepNumber } from '../lib/report/step-number.js'
import { openJsonLines } from '../lib/run/json-lines.js'
import { runFiles } from '../lib/run/run-folder.js'
import { type StepMetrics, stepMetrics } from '../lib/run/step-metrics.js'
import { type StepRollouts, stepRollouts } from '../lib/run/step-rollouts.js'
import { type EventFile, openEventFile } from '../lib/tensorboard/event-file.js'
import { tensorboardScalars } from '../lib/tensorboard/scalars.js'
import type { Clock } from '../lib/timing/clock.js'
import type { StepSeconds, TimedStep } from '../lib/timing/step-seconds.js'
import type { Tokenizer } from '../lib/tokenizer/tokenizer.js'

/** Options of {@link logSteps}. */
export interface LogOptions {
  /** Decodes the tokens of the logged rollouts. */
  readonly tokenizer: Tokenizer
  /** Clock of the TensorBoard event file, in seconds since 1970; without it no event file is written. */
  readonly eventsAt?: Clock | undefined
  /** TensorBoard event file in place of that of `eventsAt`. The caller closes it, and may write other scalars into it. */
  readonly events?: EventFile | undefined
  /**
   * Called when a line cannot be written, with the error and the number of attempts: the line is written again when the result
   * emits. By default the error ends the run.
   */
  readonly retry?: ((error: unknown, attempt: number) => ObservableInput<unknown>) | undefined
}

/**
 * Appends the metrics, the seconds and some rollouts of every step to the logs of a run folder, then passes the step on.
 *
 *     steps     -a---b---|
 *     folder    -A---B---        A: one line in metrics.jsonl, timings.jsonl and rollouts.jsonl
 *     output    -a---b---|
 *
 * The logs are opened on subscription, and closed when the stream completes, fails or is unsubscribed.
 *
 * @errors FileError naming the log that cannot be opened; FileError for a line that cannot be written, unless `retry` waits
 * @example
 * steps$.pipe(timeSteps, logSteps('runs/grpo-1', { tokenizer: task.tokenizer })).subscribe()
 */
export const logSteps =
  (folder: string, options: LogOptions): MonoTypeOperatorFunction<TimedStep> =>
  (steps$) =>
    defer(() => {
      const files = new Subscription()
      try {
        const logs = openLogs(folder, options, files)
        const { retry: delay = throwAgain } = options
        const write = (append: () => void) => defer(() => (append(), EMPTY)).pipe(retry({ delay }))
        return steps$.pipe(
          concatMap((step) => concat(...logs(step).map(write), of(step))),
          finalize(() => files.unsubscribe()),
        )
      } catch (error) {
        files.unsubscribe()
        throw error
      }
    })

const throwAgain = (error: unknown): Observable<never> => throwError(() => error)

/** Opens the logs, adds their closing to `files`, and returns the function that gives the lines of a step, each as its writing. */
const openLogs = (folder: string, options: LogOptions, files: Subscription) => {
  const { tokenizer, eventsAt } = options
  const open = <Log extends { close(): void }>(opening: IOEither<FileError, Log>): Log => {
    const log = rightOrThrow(opening())
    files.add(() => log.close())
    return log
  }
  const metrics = open(openJsonLines<StepMetrics>(join(folder, runFiles.metrics)))
  const timings = open(openJsonLines<StepSeconds>(join(folder, runFiles.timings)))
  const rollouts = open(openJsonLines<StepRollouts>(join(folder, runFiles.rollouts)))
  const events = options.events ?? (eventsAt === undefined ? null : open(openEventFile(folder, eventsAt)))
  return ({ report, seconds }: TimedStep): readonly (() => void)[] => {
    const measured = stepMetrics(report)
    return [
      () => rollouts.append(stepRollouts(report, tokenizer)),
      () => timings.append(seconds),
      () => metrics.append(measured),
      () => events?.append(stepNumber(report.step), tensorboardScalars(measured)),
    ]
  }
}
