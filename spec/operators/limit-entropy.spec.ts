import { catchError, from, lastValueFrom, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { PipelineError } from '#lib/pipeline-error.js'
import type { StepReport } from '#lib/report/step-report.js'
import { stepMetrics } from '#lib/run/step-metrics.js'
import { limitEntropy } from '#operators/limit-entropy.js'
import { virtually } from '#testing.js'
import { reportOf } from '../lib/run/reports.js'
import { keepsTheLaws } from './laws.js'

const limit = { low: 0.25, high: 1 }
const [inside, low, high, none] = [reportOf(0, 0.5), reportOf(1, 0.125), reportOf(2, 1.5), reportOf(3, NaN)]
const marked = (report: StepReport, side: 'below' | 'above') => ({ ...report, outsideLimit: side })

describe('limitEntropy', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () => limitEntropy(limit),
      reactions: [
        { input: inside, outputs: [inside] },
        { input: low, outputs: [marked(low, 'below')] },
        { input: high, outputs: [marked(high, 'above')] },
        { input: none, outputs: [none] },
      ],
    })
  })

  it('counts the bounds as inside', () => {
    virtually(({ cold, expectObservable }) => {
      const reports = { a: reportOf(0, limit.low), b: reportOf(1, limit.high) }
      expectObservable(cold('-ab-|', reports).pipe(limitEntropy(limit, 'stop'))).toBe('-ab-|', reports)
    })
  })

  it('stop: ends the run after the first step outside', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const reports$ = cold('-i-l-h-|', { i: inside, l: low, h: high })
      const tagged = catchError((error: unknown) => of(error instanceof PipelineError ? error._tag : error))
      expectObservable(reports$.pipe(limitEntropy(limit, 'stop'), tagged)).toBe('-i-(le|)', {
        i: inside,
        l: marked(low, 'below'),
        e: 'EntropyLimit',
      })
      expectSubscriptions(reports$.subscriptions).toBe('^--!')
    })
  })

  it('stop: says which entropy was found at which step', async () => {
    await expect(lastValueFrom(from([inside, high]).pipe(limitEntropy(limit, 'stop')))).rejects.toThrow(
      'step 3: found entropy 1.50 nats per token, above its limit, expected 0.25 to 1',
    )
  })

  it('marks the line of metrics.jsonl', () => {
    expect([inside, marked(low, 'below')].map((report) => stepMetrics(report).outsideLimit)).toEqual([null, 'below'])
  })

  it('refuses an unknown action', () => {
    expect(() => limitEntropy(limit, 'pause' as never)).toThrow(
      new RangeError('action at the entropy limit: found "pause", expected one of mark, stop'),
    )
  })
})
