import { join } from 'node:path'
import type { IOEither } from 'fp-ts/lib/IOEither.js'
import { concat, defer, EMPTY, type Observable, type ObservableInput, retry, Subscription, throwError } from 'rxjs'
import type { FileError } from '../file/file-error.js'
import { rightOrThrow } from '../or-throw.js'
import { stepNumber } from '../report/step-number.js'
import { type EventFile, openEventFile } from '../tensorboard/event-file.js'
import { tensorboardScalars } from '../tensorboard/scalars.js'
import type { Clock } from '../timing/clock.js'
import type { StepSeconds, TimedStep } from '../timing/step-seconds.js'
import type { Tokenizer } from '../tokenizer/tokenizer.js'
import { openJsonLines } from './json-lines.js'
import { runFiles } from './run-folder.js'
import { type StepMetrics, stepMetrics } from './step-metrics.js'
import { type StepRollouts, stepRollouts } from './step-rollouts.js'

/** Options of the logs of a run's steps. */
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

/** Logs of the steps of a run: metrics, seconds and some rollouts. */
export interface StepLogs {
  /** Appends the lines of a step, one to each log. @errors FileError for a line that cannot be written, unless `retry` waits */
  readonly write: (step: TimedStep) => Observable<never>
  /** Closes the logs. A second call has no effect. */
  readonly close: () => void
}

/** Opens the logs of a run folder to append to. @errors throws FileError naming the log that cannot be opened */
export const openStepLogs = (folder: string, options: LogOptions): StepLogs => {
  const files = new Subscription()
  try {
    const linesOf = openLogs(folder, options, files)
    const { retry: delay = throwAgain } = options
    const write = (append: () => void) => defer(() => (append(), EMPTY)).pipe(retry({ delay }))
    return { write: (step) => concat(...linesOf(step).map(write)), close: () => files.unsubscribe() }
  } catch (error) {
    files.unsubscribe()
    throw error
  }
}

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
