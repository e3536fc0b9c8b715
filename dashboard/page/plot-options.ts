import type uPlot from 'uplot'
import { padRange } from '../view/axis.js'
import type { ChartOptions } from './chart-options.js'
import { plotAxes } from './plot-axes.js'
import { drawIntervals, plotSeriesOf } from './plot-series.js'

export const sizeOf = ({ clientWidth, clientHeight }: HTMLElement) => ({ width: clientWidth, height: clientHeight })

/** Returns the options of uPlot for a chart. `order` is the order of the curves; `onCursor` is called when the cursor moves. */
export const plotOptionsOf = (
  options: ChartOptions,
  order: readonly number[],
  host: HTMLElement,
  onCursor: () => void,
): uPlot.Options => {
  const { curves, palette } = options
  const seriesOf = (curve: number) => order.indexOf(curve) + 1
  return {
    ...sizeOf(host),
    padding: [8, curves.some(({ right }) => right) ? 0 : 20, 0, 0],
    legend: { show: false },
    cursor,
    scales: plotScales(options),
    axes: plotAxes(options, host),
    series: [{}, ...order.map((i) => plotSeriesOf(curves[i]!, palette))],
    bands: plotBands(options, seriesOf),
    hooks: { setLegend: [onCursor], draw: [(plot) => drawOver(plot, options, seriesOf)] },
  }
}

/** All charts of the page share the step at the cursor. */
const cursor: uPlot.Cursor = {
  drag: { x: false, y: false, setScale: false },
  y: false,
  points: { size: 6 },
  sync: { key: 'entrain', scales: ['x', null] },
}

const plotScales = ({ range, include = [], isFrozen }: ChartOptions): uPlot.Scales => ({
  x: { time: false, range: () => [...range()] as [number, number] },
  y: {
    range: (plot, min, max) => {
      const { min: lowest, max: highest } = plot.scales['y']!
      if (isFrozen?.() === true && lowest !== undefined && highest !== undefined) return [lowest, highest]
      return padRange(min, max, include)
    },
  },
  right: { range: (_, min, max) => padRange(min, max, [0], false) },
})

type SeriesOf = (curve: number) => number

const plotBands = ({ bands = [], palette }: ChartOptions, seriesOf: SeriesOf): uPlot.Band[] =>
  bands.map(({ high, low, colour, alpha }) => ({
    series: [seriesOf(high), seriesOf(low)],
    fill: () => palette.colour(colour, alpha),
  }))

const drawOver = (plot: uPlot, { interval, palette, onDraw }: ChartOptions, seriesOf: SeriesOf): void => {
  if (interval !== undefined) drawIntervals(plot, interval.map(seriesOf), palette)
  onDraw?.(plot)
}
