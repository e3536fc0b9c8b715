import type { RunState } from '../../lib/control/run-state.js'
import type { FeedEvent, Logs, RunInfo } from '../feed.js'
import { append, type GrowingList, keepFirst, lastItem, emptyList } from './growing-list.js'

/** A log as far as it came. After a lost connection it comes again from its first line. */
export interface LogView<Line> {
  readonly lines: GrowingList<Line>
  /** How many of the lines the present connection has sent. */
  readonly sent: number
}

/** One run as far as the feed told. */
export interface RunView {
  readonly info: RunInfo
  readonly state: RunState
  readonly logs: { readonly [L in keyof Logs]: LogView<Logs[L]> }
}

/** All that a page shows: a fold of its feed. */
export interface View {
  readonly runs: readonly RunView[]
}

export const emptyView: View = { runs: [] }

export const reduceView = (view: View, event: FeedEvent): View => {
  switch (event.event) {
    case 'runs':
      return { runs: event.runs.map((info, run) => begin(info, view.runs[run])) }
    case 'state':
      return changed(view, event.run, (run) => ({ ...run, state: event.state }))
    case 'log':
      return changed(view, event.run, (run) => ({
        ...run,
        logs: { ...run.logs, [event.log]: received<Logs[keyof Logs]>(run.logs[event.log], event.lines) },
      }))
  }
}

const changed = (view: View, run: number, change: (run: RunView) => RunView): View => ({
  runs: view.runs.map((one, i) => (i === run ? change(one) : one)),
})

/** A run that was there before keeps what it shows until the feed says otherwise, so a page does not flicker. */
const begin = (info: RunInfo, before: RunView | undefined): RunView =>
  before?.info.name === info.name
    ? {
        info,
        state: before.state,
        logs: {
          metrics: again(before.logs.metrics),
          timings: again(before.logs.timings),
          evaluations: again(before.logs.evaluations),
        },
      }
    : {
        info,
        state: { status: 'running', override: null },
        logs: { metrics: empty(), timings: empty(), evaluations: empty() },
      }

const empty = <Line>(): LogView<Line> => ({ lines: emptyList(), sent: 0 })
const again = <Line>({ lines }: LogView<Line>): LogView<Line> => ({ lines, sent: 0 })

const received = <Line extends { readonly step: number }>(
  { lines, sent }: LogView<Line>,
  more: readonly Line[],
): LogView<Line> => {
  const known = repeated(lines, sent, more)
  const fresh = more.slice(known)
  if (fresh.length === 0) return { lines, sent: sent + known }
  const grown = append(before(keepUpTo(lines, sent + known), fresh[0]!.step), fresh)
  return { lines: grown, sent: grown.length }
}

/** How many of the lines that come are those that came before the connection was lost. */
const repeated = <Line>(lines: GrowingList<Line>, sent: number, more: readonly Line[]): number => {
  let same = 0
  while (same < more.length && sent + same < lines.length && equal(lines.items[sent + same]!, more[same]!)) same++
  return same
}

const equal = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

const keepUpTo = <Line>(lines: GrowingList<Line>, length: number): GrowingList<Line> =>
  lines.length === length ? lines : keepFirst(lines, length)

/** What was done again after a cut replaces what was there. */
const before = <Line extends { readonly step: number }>(lines: GrowingList<Line>, step: number): GrowingList<Line> => {
  const { items } = lines
  if ((lastItem(lines)?.step ?? -1) < step) return lines
  return keepFirst(
    lines,
    items.slice(0, lines.length).findIndex((line) => line.step >= step),
  )
}

/** Steps that are done, which is also the number of the next one. */
export const countSteps = ({ logs: { metrics } }: RunView): number => (lastItem(metrics.lines)?.step ?? -1) + 1
