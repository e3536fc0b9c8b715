import { describe, expect, it } from 'vitest'
import { bandChart } from '#cli/display/band-chart.js'
import { stepMetrics } from '#lib/run/step-metrics.js'
import { reportOf } from '../../lib/run/reports.js'

const metricsOf = (...entropies: number[]) => entropies.map((entropy, step) => stepMetrics(reportOf(step, entropy)))

describe('bandChart', () => {
  it('draws the entropy over its band, one column per step', () => {
    expect(bandChart(metricsOf(0.7, 0.6, 0.55, 0.5, 0.4), { width: 10, height: 7, planned: 8 })).toEqual([
      ' 0.70 ┤●',
      ' 0.65 ┤',
      ' 0.60 ┤░●░░░',
      ' 0.55 ┤░░●░░',
      ' 0.50 ┤░░░●░',
      ' 0.45 ┤',
      ' 0.40 ┤    ●',
    ])
  })

  it('shows the last of the steps that share a column, and always the latest', () => {
    const steps = metricsOf(0.6, 0.5, 0.6, 0.5, 0.6)
    expect(bandChart(steps, { width: 4, height: 3, planned: 8 })).toEqual([' 0.60 ┤░░●', ' 0.55 ┤░░░', ' 0.50 ┤●●░'])
  })

  it('draws only the band of a step without entropy, and a constant entropy', () => {
    expect(bandChart(metricsOf(Number.NaN), { width: 4, height: 3, planned: 8 })).toEqual([
      ' 0.60 ┤░',
      ' 0.55 ┤░',
      ' 0.50 ┤░',
    ])
    const flat = { ...metricsOf(0.5)[0]!, low: 0.5, high: 0.5 }
    expect(bandChart([flat], { width: 4, height: 3, planned: 8 })[0]).toBe(' 0.50 ┤●')
  })

  it('is never wider than its width', () => {
    for (const planned of [1, 7, 30, 31, 1000]) {
      const steps = metricsOf(...Array.from({ length: planned }, () => 0.55))
      for (const row of bandChart(steps, { width: 30, height: 5, planned })) expect(row.length).toBeLessThanOrEqual(37)
    }
  })
})
