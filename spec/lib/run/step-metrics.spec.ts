import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { StepMetricsCodec, stepMetrics } from '#lib/run/step-metrics.js'
import { reportOf, skipped } from './reports.js'

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('stepMetrics', () => {
  it('survives a round trip through the log', () => {
    for (const report of [reportOf(0, 0.55), reportOf(1, 0.7, skipped(1))]) {
      const metrics = stepMetrics(report)
      expect(StepMetricsCodec.decode(throughJson(metrics))).toEqual(E.right(metrics))
    }
  })

  it('records a step with the measurements of its update', () => {
    expect(stepMetrics(reportOf(3, 0.55))).toMatchObject({
      step: 3,
      version: 4,
      status: 'updated',
      entropy: 0.55,
      low: 0.5,
      high: 0.6,
      loss: -0.0125,
      ratioMax: 1.1,
      predictedChange: -0.25,
      predictedChangeAccepted: -0.5,
      tokensTrained: 60,
      excluded: 0,
    })
  })

  it('records diagnostics under flat names, also for a step without an update', () => {
    expect(stepMetrics(reportOf(3, 0.55, skipped(3)))).toMatchObject({
      logLikelihood: -0.5,
      logLikelihoodPositive: -0.375,
      logLikelihoodNegative: -0.625,
      logBaseline: -1.5,
      aboveBaseline: 0.75,
      klToSampler: 0.002,
      samplerRatioMin: 0.75,
      samplerRatioMax: 1.25,
      samplerDifferenceMean: 0.05,
      samplerDifferenceMax: 0.29,
      effectiveSampleSize: 0.98,
      klToReference: null,
      effectiveBatch: 6,
    })
  })

  it('records why a step was skipped, with null for the measurements of an update', () => {
    expect(stepMetrics(reportOf(3, 0.55, skipped(3)))).toMatchObject({
      status: 'nothing-accepted',
      version: 3,
      loss: null,
      kl: null,
      optimizerSteps: null,
    })
  })

  it('has null for the entropy of a batch without tokens, because JSON has no NaN', () => {
    expect(stepMetrics(reportOf(0, Number.NaN)).entropy).toBeNull()
  })

  it('says how the scores were made, and reads logs of versions that did not', () => {
    const report = reportOf(0, 0.55)
    const sampled = { ...report, entropy: { ...report.entropy, scoreMethod: 'sampled' as const, entropyError: 0.004 } }
    expect(stepMetrics(sampled)).toMatchObject({ scoreMethod: 'sampled', entropyError: 0.004 })
    const { scoreMethod: _, entropyError: __, ...older } = stepMetrics(report)
    expect(StepMetricsCodec.decode(throughJson(older))).toEqual(
      E.right({ ...older, scoreMethod: null, entropyError: null }),
    )
  })

  it('rejects a line that is not a step', () => {
    expect(E.isLeft(StepMetricsCodec.decode({ step: 1 }))).toBe(true)
  })
})
