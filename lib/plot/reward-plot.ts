import type { TopLevelSpec } from 'vega-lite'
import { stepNumber } from '../report/step-number.js'
import type { PlottedStep } from './plotted-run.js'
import type { PlotTheme } from './theme.js'
import { lineLegend } from './render-plot.js'

const series = (step: number, name: string, value: number | null) => ({
  step: stepNumber(step),
  name,
  value,
})

/** Plot of the mean reward and the share of correct responses of a run: every step, and the mean over nine steps. */
export const rewardPlot = (metrics: readonly PlottedStep[], subtitle: string, theme: PlotTheme): TopLevelSpec => ({
  width: 640,
  height: 320,
  padding: 16,
  title: {
    text: 'Reward and share correct',
    subtitle: [subtitle, 'mean over the batch; thin: every step, thick: nine steps around it'],
  },
  data: {
    values: metrics.flatMap(({ step, reward, correct }) => [
      series(step, 'mean reward', reward),
      series(step, 'share correct', correct),
    ]),
  },
  transform: [{ window: [{ op: 'mean', field: 'value', as: 'smooth' }], frame: [-4, 4], groupby: ['name'] }],
  encoding: {
    x: { field: 'step', type: 'quantitative', title: 'step', axis: { tickMinStep: 1 }, scale: { nice: false } },
    color: { field: 'name', type: 'nominal', scale: { range: [theme.reward, theme.correct] }, legend: lineLegend },
  },
  layer: [
    {
      mark: { type: 'line', strokeWidth: 1, opacity: 0.35, point: metrics.length < 30 },
      encoding: { y: { field: 'value', type: 'quantitative', title: 'reward, share' } },
    },
    { mark: { type: 'line', strokeWidth: 2.5 }, encoding: { y: { field: 'smooth', type: 'quantitative' } } },
  ],
})
