import type { RunState } from '../../lib/control/run-state.js'
import type { FeedEvent, Logs, RunInfo } from '../feed.js'
import { append, emptyList, type GrowingList, keepFirst, lastItem } from './growing-list.js'

/** Lines of a log that have arrived. After a lost connection the feed sends them again from the first. */
export interface LogView<Line> {
  readonly lines: GrowingList<Line>
  /** Number of lines that the present connection has sent. */
  readonly sent: number
}

/** One run as the feed has described it so far. */
export interface RunView {
  readonly info: RunInfo
  readonly state: RunState
  readonly logs: { readonly [L in keyof Logs]: LogView<Logs[L]> }
}

/** Data of the whole page: a fold of the events of its feed. */
export interface View {
  readonly runs: readonly RunView[]
  /** Number of times that the feed has begun: once, and again after each lost connection. */
  readonly beginnings: number
}

export const emptyView: View = { runs: [], beginnings: 0 }

/** Returns the view after an event. */
export const reduceView = (view: View, event: FeedEvent): View => {
  switch (event.event) {
    case 'runs':
      return {
        runs: event.runs.map((info, run) => startRun(info, view.runs[run])),
        beginnings: view.beginnings + 1,
      }
    case 'state':
      return changeRun(view, event.run, (run) => ({ ...run, state: event.state }))
    // The feed of the page answers with them when the panel requests the rollouts of their step.
    case 'rollouts':
      return view
    case 'log':
      return changeRun(view, event.run, (run) => ({
        ...run,
        logs: { ...run.logs, [event.log]: receiveLines<Logs[keyof Logs]>(run.logs[event.log], event.lines) },
      }))
  }
}

const changeRun = (view: View, index: number, change: (run: RunView) => RunView): View => ({
  ...view,
  runs: view.runs.map((run, i) => (i === index ? change(run) : run)),
})

/** A run that was there before the connection was lost keeps its lines until the feed differs, so the page does not flicker. */
const startRun = (info: RunInfo, before: RunView | undefined): RunView =>
  before?.info.name === info.name
    ? {
        info,
        state: before.state,
        logs: {
          metrics: restartLog(before.logs.metrics),
          timings: restartLog(before.logs.timings),
          evaluations: restartLog(before.logs.evaluations),
        },
      }
    : {
        info,
        state: { status: 'running', override: null },
        logs: { metrics: emptyLog(), timings: emptyLog(), evaluations: emptyLog() },
      }

const emptyLog = <Line>(): LogView<Line> => ({ lines: emptyList(), sent: 0 })
const restartLog = <Line>({ lines }: LogView<Line>): LogView<Line> => ({ lines, sent: 0 })

const receiveLines = <Line extends { readonly step: number }>(
  { lines, sent }: LogView<Line>,
  more: readonly Line[],
): LogView<Line> => {
  const known = countRepeated(lines, sent, more)
  const fresh = more.slice(known)
  if (fresh.length === 0) return { lines, sent: sent + known }
  const grown = append(dropFromStep(keepUpTo(lines, sent + known), fresh[0]!.step), fresh)
  return { lines: grown, sent: grown.length }
}

/** Counts the new lines that equal the lines from before the connection was lost. */
const countRepeated = <Line>(lines: GrowingList<Line>, sent: number, more: readonly Line[]): number => {
  let same = 0
  while (same < more.length && sent + same < lines.length && isEqual(lines.items[sent + same]!, more[same]!)) same++
  return same
}

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

const keepUpTo = <Line>(lines: GrowingList<Line>, length: number): GrowingList<Line> =>
  lines.length === length ? lines : keepFirst(lines, length)

/** Drops the lines of a step and of later ones. A resumed run repeats steps, and their new lines replace the old ones. */
const dropFromStep = <Line extends { readonly step: number }>(
  lines: GrowingList<Line>,
  step: number,
): GrowingList<Line> => {
  if ((lastItem(lines)?.step ?? -1) < step) return lines
  const first = lines.items.slice(0, lines.length).findIndex((line) => line.step >= step)
  return keepFirst(lines, first)
}

/** Returns the number of finished steps, which is also the number of the next step. */
export const countSteps = ({ logs: { metrics } }: RunView): number => (lastItem(metrics.lines)?.step ?? -1) + 1
