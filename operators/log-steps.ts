import { join } from 'node:path'
import type { IOEither } from 'fp-ts/lib/IOEither.js'
import { defer, finalize, type MonoTypeOperatorFunction, Subscription, tap } from 'rxjs'
import type { FileError } from '../lib/file/file-error.js'
import { rightOrThrow } from '../lib/or-throw.js'
import type { Tokenizer } from '../lib/tokenizer/tokenizer.js'
import type { Clock } from '../lib/timing/clock.js'
import { openJsonLines } from '../lib/run/json-lines.js'
import { runFiles } from '../lib/run/run-folder.js'
import { type StepMetrics, stepMetrics } from '../lib/run/step-metrics.js'
import { type StepRollouts, stepRollouts } from '../lib/run/step-rollouts.js'
import type { StepSeconds, TimedStep } from '../lib/timing/step-seconds.js'
import { openEventFile } from '../lib/tensorboard/event-file.js'
import { tensorboardScalars } from '../lib/tensorboard/scalars.js'

export interface LogOptions {
  /** Writes down what the rollouts say. */
  readonly tokenizer: Tokenizer
  /** The time since 1970: with it there is an event file for TensorBoard beside the logs. */
  readonly eventsAt?: Clock | undefined
}

/**
 * Appends every step to the logs of a run folder before passing it on: its metrics, its time, some of its rollouts.
 *
 * @errors the file system's
 */
export const logSteps =
  (folder: string, { tokenizer, eventsAt }: LogOptions): MonoTypeOperatorFunction<TimedStep> =>
  (steps$) =>
    defer(() => {
      const open = new Subscription()
      const kept = <Log extends { close(): void }>(opened: IOEither<FileError, Log>): Log => {
        const log = rightOrThrow(opened())
        open.add(() => log.close())
        return log
      }
      try {
        const metrics = kept(openJsonLines<StepMetrics>(join(folder, runFiles.metrics)))
        const timings = kept(openJsonLines<StepSeconds>(join(folder, runFiles.timings)))
        const rollouts = kept(openJsonLines<StepRollouts>(join(folder, runFiles.rollouts)))
        const events = eventsAt === undefined ? null : kept(openEventFile(folder, eventsAt))
        return steps$.pipe(
          tap(({ report, seconds }) => {
            const measured = stepMetrics(report)
            rollouts.append(stepRollouts(report, tokenizer))
            timings.append(seconds)
            metrics.append(measured)
            events?.append(report.step, tensorboardScalars(measured))
          }),
          finalize(() => open.unsubscribe()),
        )
      } catch (error) {
        open.unsubscribe()
        throw error
      }
    })
