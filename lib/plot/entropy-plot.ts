import type { TopLevelSpec } from 'vega-lite'
import { stepNumber } from '../report/step-number.js'
import type { PlottedStep } from './plotted-run.js'
import type { PlotTheme } from './theme.js'

/** Name of the marks of steps whose entropy is outside its hard limit. */
const OUTSIDE = 'outside its limit'

/** Name of the area that shows the error of an entropy that is not exact. */
const ERROR = 'entropy ± error'

/**
 * Plot of the entropy of a run over its shaded band, with the error of an entropy that is not exact. Triangles mark the steps whose
 * entropy is outside its hard limit.
 */
export const entropyPlot = (metrics: readonly PlottedStep[], subtitle: string, theme: PlotTheme): TopLevelSpec => {
  const outside = metrics.filter(({ outsideLimit }) => outsideLimit !== null)
  const inexact = errorEnds(metrics)
  const [names, colours] = [
    ['entropy', ...(inexact.length === 0 ? [] : [ERROR]), 'band', ...(outside.length === 0 ? [] : [OUTSIDE])],
    [
      theme.entropy,
      ...(inexact.length === 0 ? [] : [theme.entropy]),
      theme.band,
      ...(outside.length === 0 ? [] : [theme.reward]),
    ],
  ]
  return {
    width: 640,
    height: 320,
    padding: 16,
    title: { text: 'Policy entropy and its band', subtitle },
    data: { values: metrics.map(({ step, entropy, low, high }) => ({ step: stepNumber(step), entropy, low, high })) },
    encoding: {
      x: { field: 'step', type: 'quantitative', title: 'step', axis: { tickMinStep: 1 }, scale: { nice: false } },
    },
    layer: [
      {
        mark: { type: 'area', opacity: 0.7 },
        encoding: {
          y: { field: 'low', type: 'quantitative', title: 'entropy (nats per token)', scale: { zero: false } },
          y2: { field: 'high' },
          color: { datum: 'band' },
        },
      },
      ...(inexact.length === 0 ? [] : [errorArea(inexact)]),
      {
        mark: { type: 'line', strokeWidth: 2, point: metrics.length < 30 },
        encoding: {
          y: { field: 'entropy', type: 'quantitative' },
          color: { datum: 'entropy', scale: { domain: names, range: colours } },
        },
      },
      ...(outside.length === 0 ? [] : [outsideMarks(outside)]),
    ],
  }
}

type ErrorEnds = ReturnType<typeof errorEnds>

/** Ends of the error of each entropy that is not exact. */
const errorEnds = (metrics: readonly PlottedStep[]) =>
  metrics.flatMap(({ step, entropy, entropyError }) =>
    entropy === null || entropyError === null || entropyError === 0
      ? []
      : [{ step: stepNumber(step), from: entropy - entropyError, to: entropy + entropyError }],
  )

const errorArea = (values: ErrorEnds) => ({
  data: { values },
  mark: { type: 'area' as const, opacity: 0.3 },
  encoding: {
    y: { field: 'from', type: 'quantitative' as const },
    y2: { field: 'to' },
    color: { datum: ERROR },
  },
})

const outsideMarks = (outside: readonly PlottedStep[]) => ({
  data: { values: outside.map(({ step, entropy }) => ({ step: stepNumber(step), entropy })) },
  mark: { type: 'point' as const, shape: 'triangle-up' as const, filled: true, size: 60, opacity: 1 },
  encoding: { y: { field: 'entropy', type: 'quantitative' as const }, color: { datum: OUTSIDE } },
})
