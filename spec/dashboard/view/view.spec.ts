import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FeedEvent, Logs } from '#dashboard/feed.js'
import { append, keepFirst, emptyList } from '#dashboard/view/growing-list.js'
import { countSteps, emptyView, type View, reduceView } from '#dashboard/view/view.js'
import { metricsLine, runInfo, secondsLine, upTo } from '../lines.js'

const viewOf = (...events: FeedEvent[]): View => events.reduce(reduceView, emptyView)
const runs = (...names: string[]): FeedEvent => ({
  event: 'runs',
  runs: names.map((name, run) => runInfo({ run, name })),
})
const metrics = (lines: readonly Logs['metrics'][], run = 0): FeedEvent => ({
  event: 'log',
  run,
  log: 'metrics',
  lines,
})
const linesOf = ({ runs }: View, run = 0): readonly Logs['metrics'][] => {
  const { items, length } = runs[run]!.logs.metrics.lines
  return items.slice(0, length)
}

describe('the view of a feed', () => {
  test('is empty before the runs arrive', () => {
    expect(viewOf()).toEqual({ runs: [], beginnings: 0 })
  })

  test('counts how often the feed has begun', () => {
    expect(viewOf(runs('a'), metrics(upTo(3, metricsLine)), runs('a'), metrics(upTo(3, metricsLine))).beginnings).toBe(
      2,
    )
  })

  test('has every line, for any chunks', () => {
    const lines = upTo(50, metricsLine)
    fc.assert(
      fc.property(fc.array(fc.nat(50)), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), 50]
        const chunks = at.slice(1).map((end, i) => metrics(lines.slice(at[i], end)))
        expect(linesOf(viewOf(runs('a'), ...chunks))).toEqual(lines)
      }),
    )
  })

  test('keeps logs and runs apart', () => {
    const view = viewOf(
      runs('a', 'b'),
      metrics(upTo(3, metricsLine), 1),
      { event: 'log', run: 0, log: 'timings', lines: upTo(2, secondsLine) },
      { event: 'state', run: 1, state: { status: 'paused', override: null } },
    )
    expect(view.runs.map(countSteps)).toEqual([0, 3])
    expect(view.runs.map(({ logs }) => logs.timings.lines.length)).toEqual([2, 0])
    expect(view.runs.map(({ state }) => state.status)).toEqual(['running', 'paused'])
  })

  test('does not change earlier views', () => {
    const first = viewOf(runs('a'), metrics(upTo(3, metricsLine)))
    const second = reduceView(first, metrics([metricsLine(3)]))
    const other = reduceView(first, metrics([metricsLine(3, { entropy: 7 })]))
    expect(linesOf(first)).toHaveLength(3)
    expect(linesOf(second)[3]!.entropy).toBe(metricsLine(3).entropy)
    expect(linesOf(other)[3]!.entropy).toBe(7)
  })

  test('a repeated step replaces the lines from that step on', () => {
    const view = viewOf(runs('a'), metrics(upTo(10, metricsLine)), metrics([metricsLine(4, { entropy: 7 })]))
    expect(linesOf(view).map(({ step }) => step)).toEqual([0, 1, 2, 3, 4])
    expect(linesOf(view)[4]!.entropy).toBe(7)
  })

  describe('after a lost connection', () => {
    const before = viewOf(runs('a'), metrics(upTo(10, metricsLine)))

    test('keeps its lines while the same lines come again', () => {
      const again = [runs('a'), metrics(upTo(4, metricsLine)), metrics(upTo(12, metricsLine).slice(4))]
      const views = again.map((_, i) => again.slice(0, i + 1).reduce(reduceView, before))
      expect(views.map((view) => linesOf(view).length)).toEqual([10, 10, 12])
      expect(views[1]!.runs[0]!.logs.metrics.lines.items).toBe(before.runs[0]!.logs.metrics.lines.items)
      expect(linesOf(views[2]!)).toEqual(upTo(12, metricsLine))
    })

    test('shows the new lines if they differ', () => {
      const other = upTo(3, (step) => metricsLine(step, { reward: 9 }))
      expect(linesOf([runs('a'), metrics(other)].reduce(reduceView, before))).toEqual(other)
    })

    test('drops a run that is gone', () => {
      expect(linesOf(reduceView(before, runs('b')))).toEqual([])
    })
  })

  test('appending to a long log costs only the added lines', () => {
    const lines = upTo(20_000, metricsLine)
    const events = lines.map((line) => metrics([line]))
    const view = viewOf(runs('a'), ...events)
    expect(countSteps(view.runs[0]!)).toBe(20_000)
    const { items } = view.runs[0]!.logs.metrics.lines
    expect(reduceView(view, metrics([metricsLine(20_000)])).runs[0]!.logs.metrics.lines.items).toBe(items)
  })
})

describe('a growing list', () => {
  test('equals the concatenation', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.array(fc.integer()))), (steps) => {
        const made = [emptyList<number>()]
        const expected: number[][] = [[]]
        for (const [back, more] of steps) {
          const from = Math.max(0, made.length - 1 - back)
          made.push(append(made[from]!, more))
          expected.push([...expected[from]!, ...more])
        }
        expect(made.map(({ items, length }) => items.slice(0, length))).toEqual(expected)
      }),
    )
  })

  test('keeps its first items', () => {
    const list = append(emptyList<number>(), [1, 2, 3])
    expect(keepFirst(list, 2)).toEqual({ items: [1, 2], length: 2 })
    expect(list.items).toEqual([1, 2, 3])
  })
})
