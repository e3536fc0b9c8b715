import type uPlot from 'uplot'
import { growRange, padRange } from '../view/axis.js'
import type { AxisRanges, ChartLayer } from '../view/chart-layers.js'
import type { ChartOptions } from './chart-options.js'
import { plotAxes } from './plot-axes.js'
import { drawIntervals, plotSeriesOf } from './plot-series.js'

export const sizeOf = ({ clientWidth, clientHeight }: HTMLElement) => ({ width: clientWidth, height: clientHeight })

export interface PlotPorts {
  /** Called when the cursor moves. */
  readonly onCursor: () => void
  /** Returns the numbers that the axes must show. */
  readonly ranges: () => AxisRanges
}

/** Returns the options of uPlot for a chart. */
export const plotOptionsOf = (
  options: ChartOptions,
  layers: readonly ChartLayer[],
  host: HTMLElement,
  { onCursor, ranges }: PlotPorts,
): uPlot.Options => {
  const { curves, palette } = options
  const seriesOf = (curve: number) => layers.findIndex((layer) => layer.curve === curve) + 1
  return {
    ...sizeOf(host),
    padding: [8, curves.some(({ right }) => right) ? 0 : 20, 0, 0],
    legend: { show: false },
    cursor,
    scales: plotScales(options, ranges),
    axes: plotAxes(options, host),
    series: [{}, ...layers.map(({ curve, part }) => plotSeriesOf(curves[curve]!, part, palette))],
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

const plotScales = ({ range, include = [], isFrozen }: ChartOptions, ranges: PlotPorts['ranges']): uPlot.Scales => ({
  x: { time: false, range: () => [...range()] as [number, number] },
  y: {
    range: (plot) => {
      const { min: lowest, max: highest } = plot.scales['y']!
      const { left } = ranges()
      if (isFrozen?.() === true && left !== null && lowest !== undefined && highest !== undefined)
        return growRange([lowest, highest], left)
      return padRange(left?.[0] ?? null, left?.[1] ?? null, include)
    },
  },
  right: {
    range: () => {
      const { right } = ranges()
      return padRange(right?.[0] ?? null, right?.[1] ?? null, [0], false)
    },
  },
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
