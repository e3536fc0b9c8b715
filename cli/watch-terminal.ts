import { join } from 'node:path'
import type * as t from 'io-ts'
import {
  concatMap,
  distinctUntilChanged,
  filter,
  lastValueFrom,
  type Observable,
  startWith,
  take,
  takeUntil,
} from 'rxjs'
import type { Logs } from '../dashboard/feed.js'
import type { WatchedRun } from '../dashboard/server/watched-run.js'
import { parseJson } from '../lib/file/parse-json.js'
import { runFiles } from '../lib/run/run-folder.js'
import { isOver } from '../lib/control/run-state.js'
import { StepMetricsCodec } from '../lib/run/step-metrics.js'
import { StepRolloutsCodec } from '../lib/run/step-rollouts.js'
import { StepSecondsCodec } from '../lib/timing/step-seconds.js'
import { readSummary, type RunSummary } from '../lib/run/summary.js'
import { live } from './display/live.js'
import { emptyView, type Example, isExampleDue, type RunView, viewWith } from './display/view.js'
import { orThrow, rightOrThrow } from '../lib/or-throw.js'
import type { Terminal } from './terminal.js'

/**
 * Shows a run as `entrain train` does, from its folder, until it is over or `stop$` emits. Gives what it came to; null
 * where it was not over.
 *
 * @errors FileError naming the line of a log that no run writes
 */
export const watchInTerminal = (
  run: WatchedRun,
  terminal: Terminal,
  stop$: Observable<void>,
): Promise<RunSummary | null> => {
  const readOn = reader(run, terminal)
  return lastValueFrom(
    run.mark$.pipe(
      startWith(''),
      distinctUntilChanged(),
      concatMap(async () => {
        // Before the logs: what they hold when the run is over is all they will.
        const summary = await endOf(run)
        await readOn()
        return summary
      }),
      filter((summary) => summary !== null),
      take(1),
      takeUntil(stop$),
    ),
    { defaultValue: null },
  )
}

/** Finished says it once before the last evaluation and once after. */
const endOf = async ({ folder, state }: WatchedRun): Promise<RunSummary | null> => {
  if (!isOver(await state())) return null
  const summary = await orThrow(readSummary(join(folder, runFiles.summary)))
  return summary.status === 'finished' && summary.trained === null ? null : summary
}

/** Shows the steps that are new in the logs. */
const reader = (run: WatchedRun, terminal: Terminal): (() => Promise<void>) => {
  const show = live(terminal)
  const metrics = following(run, 'metrics', StepMetricsCodec)
  const timings = following(run, 'timings', StepSecondsCodec)
  let view = emptyView(run.about.heading, run.about.planned)
  return async () => {
    await metrics.readOn()
    await timings.readOn()
    const before = view
    for (let i = view.history.metrics.length; i < metrics.values.length && i < timings.values.length; i++) {
      view = viewWith(view, { metrics: metrics.values[i]!, seconds: timings.values[i]! }, await exampleAt(run, view, i))
      // A log gets a line of each; a person sees where the run has come to.
      if (!terminal.interactive) show(view)
    }
    if (terminal.interactive && (view !== before || view.history.metrics.length === 0)) show(view)
  }
}

/** The values of a log as it grows. */
const following = <L extends keyof Logs>(run: WatchedRun, log: L, codec: t.Decoder<unknown, Logs[L]>) => {
  const values: Logs[L][] = []
  let next = 0
  return {
    values,
    readOn: async (): Promise<void> => {
      for (;;) {
        const lines = await run.lines(log, next)
        if (lines.next === next) return
        next = lines.next
        for (const line of lines.bytes.toString().split('\n'))
          if (line.trim() !== '') values.push(valueOf(run, log, values.length, line, codec))
      }
    },
  }
}

const valueOf = <A>(
  { folder }: WatchedRun,
  log: keyof Logs | 'rollouts',
  before: number,
  line: string,
  codec: t.Decoder<unknown, A>,
): A => rightOrThrow(parseJson(`${join(folder, runFiles[log])}:${before + 1}`, line, codec))

const exampleAt = async (run: WatchedRun, view: RunView, step: number): Promise<Example | null> => {
  const line = isExampleDue(view, step) ? await run.rollouts(step) : null
  const first = line === null ? undefined : valueOf(run, 'rollouts', step, line, StepRolloutsCodec).rollouts[0]
  return first === undefined ? null : { ...first, completion: first.tokens.join('') }
}
