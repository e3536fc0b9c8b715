import type uPlot from 'uplot'
import { padRange, stepIntervals } from '../view/axis.js'
import { formatShort } from '../view/number-format.js'
import type { ChartOptions } from './chart-options.js'
import { drawIntervals, plotSeriesOf } from './plot-series.js'

export const sizeOf = ({ clientWidth, clientHeight }: HTMLElement) => ({ width: clientWidth, height: clientHeight })

/** The options of uPlot for a chart whose curves are drawn in this order; `tell` is called where the cursor moves. */
export const plotOptionsOf = (
  options: ChartOptions,
  order: readonly number[],
  host: HTMLElement,
  tell: () => void,
): uPlot.Options => {
  const { curves, palette, include = [], ticks, frozen } = options
  const font = `11px ${getComputedStyle(host).fontFamily}`
  const axis = { stroke: () => palette.colour('muted'), font, ticks: { show: false } }
  const grid = { stroke: () => palette.colour('grid'), width: 1 }
  const marks =
    ticks === undefined
      ? undefined
      : Object.keys(ticks)
          .map(Number)
          .sort((a, b) => a - b)
  const seriesOf = (i: number) => order.indexOf(i) + 1
  const right = curves.find((curve) => curve.right)
  const y: uPlot.Scale = {
    range: (plot, min, max) => {
      const { min: lowest, max: highest } = plot.scales['y']!
      if (frozen?.() === true && lowest !== undefined && highest !== undefined) return [lowest, highest]
      return padRange(min, max, include)
    },
  }
  return {
    ...sizeOf(host),
    padding: [8, right === undefined ? 20 : 0, 0, 0],
    legend: { show: false },
    cursor: {
      drag: { x: false, y: false, setScale: false },
      y: false,
      points: { size: 6 },
      sync: { key: 'entrain', scales: ['x', null] },
    },
    scales: {
      x: { time: false, range: () => [...options.range()] as [number, number] },
      y,
      right: { range: (_, min, max) => padRange(min, max, [0], false) },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 26, space: 60, incrs: stepIntervals },
      {
        ...axis,
        grid,
        size: 52,
        space: 34,
        values: (_, values) => values.map((value) => (ticks === undefined ? formatShort(value) : (ticks[value] ?? ''))),
        ...(marks === undefined ? {} : { splits: marks }),
      },
      ...(right === undefined
        ? []
        : [
            {
              ...axis,
              stroke: () => palette.colour(right.colour),
              scale: 'right',
              side: RIGHT,
              grid: { show: false },
              size: 56,
              space: 34,
              values: (_: uPlot, values: number[]) => values.map(formatShort),
            },
          ]),
    ],
    series: [{}, ...order.map((i) => plotSeriesOf(curves[i]!, palette))],
    bands: (options.bands ?? []).map(({ high, low, colour, alpha }) => ({
      series: [seriesOf(high), seriesOf(low)],
      fill: () => palette.colour(colour, alpha),
    })),
    hooks: {
      setLegend: [tell],
      draw: [
        (plot) => {
          if (options.interval !== undefined) drawIntervals(plot, options.interval.map(seriesOf), palette)
          options.onDraw?.(plot)
        },
      ],
    },
  }
}

/** uPlot's enum of sides is there for types alone. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const RIGHT = 1 as uPlot.Axis.Side
