import type uPlot from 'uplot'
import { stepIntervals } from '../view/axis.js'
import { formatShort } from '../view/number-format.js'
import type { ChartOptions } from './chart-options.js'

/** Returns the axes of a chart: steps, the left axis, and a right axis if a curve needs one. */
export const plotAxes = (options: ChartOptions, host: HTMLElement): uPlot.Axis[] => {
  const { curves, palette } = options
  const axis: uPlot.Axis = {
    stroke: () => palette.colour('muted'),
    font: `11px ${getComputedStyle(host).fontFamily}`,
    ticks: { show: false },
  }
  const hasRight = curves.some((curve) => curve.right)
  return [
    { ...axis, grid: { show: false }, size: 26, space: 60, incrs: stepIntervals },
    { ...axis, ...leftAxis(options) },
    ...(hasRight ? [{ ...axis, ...rightAxis }] : []),
  ]
}

/** A chart with `ticks` marks these values alone, each with its text. */
const leftAxis = ({ palette, ticks }: ChartOptions): uPlot.Axis => ({
  grid: { stroke: () => palette.colour('grid'), width: 1 },
  size: 52,
  space: 34,
  values: (_, values) => values.map((value) => (ticks === undefined ? formatShort(value) : (ticks[value] ?? ''))),
  ...(ticks === undefined ? {} : { splits: tickValues(ticks) }),
})

const tickValues = (ticks: NonNullable<ChartOptions['ticks']>): number[] =>
  Object.keys(ticks)
    .map(Number)
    .sort((a, b) => a - b)

/** uPlot declares its enum of sides for types only. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
const RIGHT = 1 as uPlot.Axis.Side

const rightAxis: uPlot.Axis = {
  scale: 'right',
  side: RIGHT,
  grid: { show: false },
  size: 56,
  space: 34,
  values: (_, values) => values.map(formatShort),
}
