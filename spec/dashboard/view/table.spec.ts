import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FeedEvent } from '#dashboard/feed.js'
import { figures } from '#dashboard/view/figures.js'
import { append, emptyList } from '#dashboard/view/growing-list.js'
import { estimateSecondsLeft } from '#dashboard/view/seconds-left.js'
import { tableFollower } from '#dashboard/view/table.js'
import { tilesOf } from '#dashboard/view/tiles.js'
import { emptyView, type RunView, reduceView } from '#dashboard/view/view.js'
import { evaluationLine, metricsLine, runInfo, secondsLine, upTo } from '../lines.js'

const runs: FeedEvent = { event: 'runs', runs: [runInfo()] }
const metrics = (...lines: ReturnType<typeof metricsLine>[]): FeedEvent => ({
  event: 'log',
  run: 0,
  log: 'metrics',
  lines,
})
const evaluations = (...lines: ReturnType<typeof evaluationLine>[]): FeedEvent => ({
  event: 'log',
  run: 0,
  log: 'evaluations',
  lines,
})
const runOf = (...events: FeedEvent[]): RunView => [runs, ...events].reduce(reduceView, emptyView).runs[0]!
const figure = (title: string) => figures.find((one) => one.title === title)!

describe('a table that follows a run', () => {
  const entropy = [{ log: 'metrics', value: (line: { entropy: number | null }) => line.entropy }] as const

  test('has a row for the number of every step, with gaps for missing numbers, and holds a line of a thinned log until the next', () => {
    const table = tableFollower([
      ...entropy,
      { log: 'evaluations', value: ({ meanAtK }) => meanAtK.value },
      { log: 'metrics', value: ({ step }) => step, shift: -1 },
    ])
    const run = runOf(
      metrics(metricsLine(0), metricsLine(1, { entropy: null }), metricsLine(2), metricsLine(4)),
      evaluations(evaluationLine(0, 0.4), evaluationLine(4, 0.5)),
    )
    expect(table(run)).toMatchObject({
      steps: [0, 1, 2, 3, 4, 5],
      columns: [
        [null, metricsLine(0).entropy, null, metricsLine(2).entropy, metricsLine(2).entropy, metricsLine(4).entropy],
        [0.4, null, null, null, 0.5, null],
        [0, 1, 2, 2, 4, null],
      ],
    })
  })

  test('reads a line once, and is the same for all chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30)), (cuts) => {
        let read = 0
        const counting = tableFollower([{ log: 'metrics', value: ({ entropy }) => (read++, entropy) }])
        const lines = upTo(30, metricsLine)
        const ends = [...cuts.sort((a, b) => a - b), 30]
        let view = reduceView(emptyView, runs)
        let from = 0
        for (const end of ends) {
          view = reduceView(view, metrics(...lines.slice(from, end)))
          counting(view.runs[0]!)
          from = end
        }
        expect(read).toBe(30)
        expect(counting(view.runs[0]!).columns).toEqual(tableFollower(entropy)(runOf(metrics(...lines))).columns)
      }),
    )
  })

  test('starts again when lines were replaced', () => {
    const table = tableFollower(entropy)
    const run = runOf(metrics(...upTo(5, metricsLine)))
    const before = table(run).revision
    const again = runOf(metrics(...upTo(5, metricsLine)), metrics(metricsLine(2, { entropy: 7 })))
    expect(table(again).columns[0]).toEqual([null, metricsLine(0).entropy, metricsLine(1).entropy, 7])
    expect(table(again).revision).toBeGreaterThan(before)
    expect(table(again).revision).toBe(table(again).revision)
  })
})

describe('the small charts', () => {
  test('show the predicted change of a step beside the change measured after it', () => {
    const table = tableFollower(figure('Entropy change').curves)
    const run = runOf(metrics(metricsLine(0), metricsLine(1, { measuredChange: 0.5 })))
    const [measured, predicted] = table(run).columns
    expect([measured![1], predicted![1]]).toEqual([0.5, metricsLine(0).predictedChangeAccepted])
    expect(measured![2]).toBeNull()
  })

  test('stack accepted and rejected responses up to all responses', () => {
    const table = tableFollower(figure('Accepted and rejected').curves)
    const line = metricsLine(0, {
      accepted: { positive: 1, zero: 2, negative: 3 },
      rejected: { positive: 4, zero: 5, negative: 6 },
    })
    expect(table(runOf(metrics(line))).columns.map((column) => column[1])).toEqual([1, 3, 6, 17, 21])
  })

  test('smooth over nine steps, without steps that have no number', () => {
    const table = tableFollower(figure('Reward and score').curves)
    const lines = upTo(12, (step) => metricsLine(step, { reward: step === 5 ? null : step }))
    const smooth = table(runOf(metrics(...lines))).columns[2]!
    expect(smooth[3]).toBe(1)
    expect(smooth[6]).toBe(2)
    expect(smooth[12]).toBe((3 + 4 + 6 + 7 + 8 + 9 + 10 + 11) / 8)
  })

  test('leave a gap if memory is not known', () => {
    const table = tableFollower(figure('Memory').curves)
    const run = runOf({
      event: 'log',
      run: 0,
      log: 'timings',
      lines: [secondsLine(0, { residentBytes: null }), secondsLine(1, { residentBytes: 2.5e9 })],
    })
    expect(table(run).columns).toEqual([[null, null, 2.5]])
  })
})

describe('the tiles', () => {
  const text = (run: RunView) => tilesOf(run).map(({ name, value, beside }) => [name, value, beside].join(' | '))

  test('are dashes before the first step', () => {
    expect(text(runOf())).toEqual([
      'Entropy | – | ',
      'Reward | – | mean of 9 steps; last –',
      'Correct | – | mean of 9 steps; last –',
      'Held out | – | ',
      'Accepted | – | ',
      'Step time | – | ',
    ])
  })

  test('say on which side of the band entropy is, and what the score was first', () => {
    const line = metricsLine(0, { entropy: 0.7, low: 0.5, high: 0.6, drift: 1, reward: -0.25, correct: 0.5 })
    const run = runOf(metrics(line), evaluations(evaluationLine(0, 0.4), evaluationLine(20, 0.55)), {
      event: 'log',
      run: 0,
      log: 'timings',
      lines: [secondsLine(0, { total: 2, sample: 1 })],
    })
    const sampled = { ...line, scoreMethod: 'sampled' as const, entropyError: 0.004 }
    expect(text(runOf(metrics(sampled)))[0]).toBe('Entropy | 0.700 | ± 0.004 (sampled), above 0.500 to 0.600')
    expect(text(run)).toEqual([
      'Entropy | 0.700 | above 0.500 to 0.600',
      'Reward | −0.250 | mean of 9 steps; last −0.250',
      'Correct | 50% | mean of 9 steps; last 50%',
      'Held out, mean@8 | 55% | from 40%, after 20 steps',
      'Accepted | 100% | 256 of 256 responses',
      'Step time | 2.00 | 50% sampling',
    ])
  })

  test('the time left is estimated by the median of the last steps, without the first, which compiles', () => {
    const totals = [100, 1, 2, 3]
    const run = runOf({
      event: 'log',
      run: 0,
      log: 'timings',
      lines: totals.map((total, step) => secondsLine(step, { total })),
    })
    expect(estimateSecondsLeft(run.logs.timings.lines, 10)).toBe(20)
    expect(estimateSecondsLeft(append(emptyList(), run.logs.timings.lines.items.slice(0, 3)), 10)).toBeNull()
    expect(estimateSecondsLeft(runOf().logs.timings.lines, 10)).toBeNull()
  })
})
