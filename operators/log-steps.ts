import { concat, defer, finalize, type MonoTypeOperatorFunction, of } from 'rxjs'
import { type LogOptions, openStepLogs } from '../lib/run/step-logs.js'
import type { TimedStep } from '../lib/timing/step-seconds.js'
import { inTurn } from './in-turn.js'

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
      const logs = openStepLogs(folder, options)
      return steps$.pipe(
        inTurn((step) => concat(logs.write(step), of(step))),
        finalize(logs.close),
      )
    })
