import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { View } from '../view/view.js'

export const entropyChart = () => {
  const element = document.createElement('section')
  const plot = new uPlot(
    {
      width: 800,
      height: 320,
      scales: { x: { time: false } },
      series: [{}, { label: 'entropy', stroke: '#1f4e8c', width: 2 }],
    },
    [[], []],
    element,
  )
  return {
    element,
    show: ({ runs }: View) => {
      const metrics = runs[0]?.logs.metrics.lines.items ?? []
      plot.setData([metrics.map(({ step }) => step), metrics.map(({ entropy }) => entropy)])
    },
  }
}
