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
import type { Logs } from '../../dashboard/feed.js'
import type { WatchedRun } from '../../dashboard/server/watched-run.js'
import { parseJson } from '../../lib/file/parse-json.js'
import { runFiles } from '../../lib/run/run-folder.js'
import { isOver, type RunState } from '../../lib/control/run-state.js'
import { StepMetricsCodec } from '../../lib/run/step-metrics.js'
import { StepRolloutsCodec } from '../../lib/run/step-rollouts.js'
import { StepSecondsCodec } from '../../lib/timing/step-seconds.js'
import { readSummary, type RunSummary } from '../../lib/run/summary.js'
import { live } from '../display/live.js'
import { emptyView, type Example, isExampleDue, type RunView, viewWith } from '../display/view.js'
import { orThrow, rightOrThrow } from '../../lib/or-throw.js'
import type { Terminal } from '../terminal.js'

/** Reason for which the watching of a run ended: the run is over, or its process is gone. */
export type WatchEnd =
  | { readonly end: 'over'; readonly summary: RunSummary }
  /** `steps` is the number of steps in the logs. */
  | { readonly end: 'gone'; readonly lastSign: Date; readonly steps: number }

/**
 * Shows a run from its folder, as `entrain train` shows it, until the run is over, its process is gone, or `stop$` emits.
 * Returns null if `stop$` emitted first.
 *
 * @errors FileError naming the line of a log that cannot be read
 */
export const watchInTerminal = (
  run: WatchedRun,
  terminal: Terminal,
  stop$: Observable<void>,
): Promise<WatchEnd | null> => {
  const showNewSteps = currentStepReader(run, terminal)
  return lastValueFrom(
    run.mark$.pipe(
      startWith(''),
      distinctUntilChanged(),
      concatMap(async () => {
        // Read before the logs, because the logs of a run that is over are complete.
        const state = await run.state()
        const steps = await showNewSteps(state)
        return isOver(state) ? endOf(run, state, steps) : null
      }),
      filter((end) => end !== null),
      take(1),
      takeUntil(stop$),
    ),
    { defaultValue: null },
  )
}

const endOf = async ({ folder }: WatchedRun, { lastSign }: RunState, steps: number): Promise<WatchEnd> =>
  lastSign === undefined
    ? { end: 'over', summary: await orThrow(readSummary(join(folder, runFiles.summary))) }
    : { end: 'gone', lastSign: new Date(lastSign), steps }

/** Function that shows the steps which are new in the logs, and returns the number of all steps. */
type StepReader = (state: RunState) => Promise<number>

/** Returns a reader that begins again with the first step when the logs were cut or replaced. */
const currentStepReader = (run: WatchedRun, terminal: Terminal): StepReader => {
  let current: { readonly edition: string; readonly read: StepReader } | undefined
  return async (state) => {
    const edition = await run.edition()
    if (current?.edition !== edition) {
      if (current !== undefined) terminal.note(`${run.folder}: the run was resumed or replaced: all its steps follow`)
      current = { edition, read: stepReader(run, terminal) }
    }
    return current.read(state)
  }
}

const stepReader = (run: WatchedRun, terminal: Terminal): StepReader => {
  const show = live(terminal)
  const metrics = readLog(run, 'metrics', StepMetricsCodec)
  const timings = readLog(run, 'timings', StepSecondsCodec)
  let view = emptyView(run.about.heading, run.about.planned)
  return async ({ servers }) => {
    await metrics.readNew()
    await timings.readNew()
    const before = view
    // The state is read anew each time, so its servers are compared by their contents.
    if (servers !== undefined && JSON.stringify(servers) !== JSON.stringify(view.servers)) view = { ...view, servers }
    for (let i = view.history.steps; i < metrics.values.length && i < timings.values.length; i++) {
      view = viewWith(view, { metrics: metrics.values[i]!, seconds: timings.values[i]! }, await exampleAt(run, view, i))
      // A log gets every step. A terminal is redrawn only once, below.
      if (!terminal.interactive) show(view)
    }
    if (terminal.interactive && (view !== before || view.history.steps === 0)) show(view)
    return view.history.steps
  }
}

/** Values of a log that grows. */
const readLog = <L extends keyof Logs>(run: WatchedRun, log: L, codec: t.Decoder<unknown, Logs[L]>) => {
  const values: Logs[L][] = []
  let next = 0
  return {
    values,
    readNew: async (): Promise<void> => {
      for (;;) {
        const lines = await run.lines(log, next)
        if (lines.next <= next) return
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
