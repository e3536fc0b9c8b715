import type { TopLevelSpec } from 'vega-lite'
import { stepNumber } from '../report/step-number.js'
import type { PlottedStep } from './plotted-run.js'
import type { PlotTheme } from './theme.js'

/** Plot of the entropy of a run over its shaded band. */
export const entropyPlot = (metrics: readonly PlottedStep[], subtitle: string, theme: PlotTheme): TopLevelSpec => ({
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
    {
      mark: { type: 'line', strokeWidth: 2, point: metrics.length < 30 },
      encoding: {
        y: { field: 'entropy', type: 'quantitative' },
        color: { datum: 'entropy', scale: { domain: ['entropy', 'band'], range: [theme.entropy, theme.band] } },
      },
    },
  ],
})
