import { curvesOf } from '#lib/plot/curve.js'
import type { FigureStep, PlottedRun } from '#lib/plot/plotted-run.js'
import { stepMetrics } from '#lib/run/step-metrics.js'
import { reportOf } from '../run/reports.js'

/** Run with these entropies, with changes to its steps. */
export const runOf = (
  name: string,
  entropies: readonly number[],
  change: (step: number) => Partial<FigureStep> = () => ({}),
): PlottedRun => ({
  name,
  steps: entropies.map((entropy, step) => ({ ...stepMetrics(reportOf(step, entropy)), ...change(step) })),
  heldOut: [],
})

export const heldOutAt = (step: number, value: number, samples = 16) => ({
  step,
  prompts: 4,
  samples,
  meanAtK: { value, low: value - 0.125, high: value + 0.125 },
  passAtK: {},
  majAtK: null,
  meanTokens: 7,
  truncated: 0.125,
})

export const curveOf = (run: PlottedRun) => curvesOf([run])[0]!
