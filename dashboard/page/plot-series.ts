import uPlot from 'uplot'
import type { ChartLayer } from '../view/chart-layers.js'
import type { Curve, CurveKind } from '../view/figure.js'
import { LONG } from '../view/trend.js'
import type { Palette } from './palette.js'

/** Opacity of a thin line, and of one whose strokes fill the space between its numbers. */
const PALE = 0.4
const FAINT = 0.15

/** With more steps than this, an area has no room for the edge of each step. */
const MAX_EDGES = 300

/** Returns the options with which uPlot draws a layer of a curve. */
export const plotSeriesOf = (curve: Curve, part: ChartLayer['part'], palette: Palette): uPlot.Series => ({
  scale: curve.right ? 'right' : 'y',
  label: curve.label,
  spanGaps: false,
  points: { show: false },
  ...(curve.dash === undefined || part === 'pale' ? {} : { dash: [...curve.dash] }),
  ...styles[part === 'pale' ? 'thin' : curve.kind](curve, palette),
})

type Style = (curve: Curve, palette: Palette) => Partial<uPlot.Series>

const styles: Readonly<Record<CurveKind, Style>> = {
  line: ({ colour }, palette) => {
    const stroke = () => palette.colour(colour)
    return { stroke, width: 2, points: { size: 5, space: 24, fill: stroke } }
  },
  thin: ({ colour, keepsInView = false }, palette) => ({
    stroke: (plot) => palette.colour(colour, plot.data[0].length > LONG && !keepsInView ? FAINT : PALE),
    width: 1,
  }),
  area: ({ colour, striped = false }, palette) => ({
    stroke: (plot) => (plot.data[0].length > MAX_EDGES ? 'transparent' : palette.colour('card')),
    width: 0.5,
    fill: () => (striped ? palette.striped(colour) : palette.colour(colour)),
  }),
  steps: ({ colour }, palette) => ({
    paths: uPlot.paths.stepped!({ align: 1 }),
    width: 0,
    fill: () => palette.colour(colour),
  }),
  points: ({ colour }, palette) => {
    const stroke = () => palette.colour(colour)
    return { stroke, paths: () => null, points: { show: true, size: 7, fill: stroke } }
  },
  hidden: () => ({}),
}

/** Draws a line from low to high at every step that has a value. The three numbers are indices of series. */
export const drawIntervals = (plot: uPlot, [value, low, high]: readonly number[], palette: Palette): void => {
  const [steps, lows, highs] = [plot.data[0], plot.data[low!]!, plot.data[high!]!]
  const { min, max } = plot.scales['x']!
  const { ctx } = plot
  ctx.save()
  ctx.strokeStyle = palette.colour('ink')
  ctx.lineWidth = 1.5 * devicePixelRatio
  ctx.beginPath()
  plot.data[value!]!.forEach((mean, i) => {
    const step = steps[i]!
    if (mean === null || mean === undefined || step < min! || step > max!) return
    const x = plot.valToPos(step, 'x', true)
    ctx.moveTo(x, plot.valToPos(lows[i]!, 'y', true))
    ctx.lineTo(x, plot.valToPos(highs[i]!, 'y', true))
  })
  ctx.stroke()
  ctx.restore()
}
