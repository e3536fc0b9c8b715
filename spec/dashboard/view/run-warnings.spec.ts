import { expect, test } from 'vitest'
import { runWarnings } from '#dashboard/view/run-warnings.js'
import { emptyView, reduceView } from '#dashboard/view/view.js'
import type { FeedEvent, Logs } from '#dashboard/feed.js'
import { metricsLine, runInfo } from '../lines.js'

const runWith = (lines: readonly Logs['metrics'][]) => {
  const events: FeedEvent[] = [
    { event: 'runs', runs: [runInfo()] },
    { event: 'log', run: 0, log: 'metrics', lines },
  ]
  return events.reduce(reduceView, emptyView).runs[0]!
}

test('a run in order has no warning', () => {
  expect(runWarnings(runWith([metricsLine(0), metricsLine(1, { status: 'zero-advantage' })]))).toEqual([])
})

test('the error that ended a run is the first warning', () => {
  const run = runWith([metricsLine(0), metricsLine(1, { status: 'non-finite-weights' })])
  const warnings = runWarnings({ ...run, state: { status: 'failed', override: null, failure: 'engine lost' } })
  expect(warnings).toHaveLength(2)
  expect(warnings[0]).toBe('error: engine lost')
})

test('refused updates and entropy outside its limit are warnings', () => {
  const lines = [
    metricsLine(0),
    metricsLine(1, { outsideLimit: 'above', entropy: 4.25 }),
    metricsLine(2, { status: 'non-finite-weights' }),
  ]
  expect(runWarnings(runWith(lines))).toEqual([
    'entropy left its limit at step 2: 4.25 nats per token, above the limit; 1 step outside',
    '1 update refused: 1 non-finite-weights; entrain inspect FILE shows a batch of the folder quarantine',
  ])
})
