import uPlot from 'uplot'
import type { Curve } from '../view/figures.js'
import type { Palette } from './palette.js'

/** So many steps leave no room for an edge around each. */
const CROWDED = 300

/** How uPlot draws a curve. */
export const plotSeriesOf = (curve: Curve, palette: Palette): uPlot.Series => {
  const { kind, striped = false, colour } = curve
  const stroke = () => palette.colour(colour, kind === 'thin' ? 0.4 : 1)
  const base: uPlot.Series = { scale: curve.right ? 'right' : 'y', label: curve.label, spanGaps: false }
  const dash = curve.dash ? { dash: [5, 4] } : {}
  switch (kind) {
    case 'line':
      return { ...base, ...dash, stroke, width: 2, points: { size: 5, space: 24, fill: stroke } }
    case 'thin':
      return { ...base, ...dash, stroke, width: 1, points: { show: false } }
    case 'area':
      return {
        ...base,
        stroke: (plot) => (plot.data[0].length > CROWDED ? 'transparent' : palette.colour('card')),
        width: 0.5,
        fill: () => (striped ? palette.striped(colour) : palette.colour(colour)),
        points: { show: false },
      }
    case 'steps':
      return {
        ...base,
        paths: uPlot.paths.stepped!({ align: 1 }),
        width: 0,
        fill: stroke,
        points: { show: false },
      }
    case 'points':
      return { ...base, stroke, paths: () => null, points: { show: true, size: 7, fill: stroke } }
    case 'unseen':
      return { ...base, points: { show: false } }
  }
}

/** A line from low to high at every step that has a value; all three are numbers of series. */
export const drawIntervals = (plot: uPlot, [value, low, high]: readonly number[], palette: Palette): void => {
  const [steps, lows, highs] = [plot.data[0], plot.data[low!]!, plot.data[high!]!]
  const { ctx } = plot
  ctx.save()
  ctx.strokeStyle = palette.colour('ink')
  ctx.lineWidth = 1.5 * devicePixelRatio
  ctx.beginPath()
  plot.data[value!]!.forEach((mean, i) => {
    const step = steps[i]!
    if (mean === null || mean === undefined || step < plot.scales['x']!.min! || step > plot.scales['x']!.max!) return
    const x = plot.valToPos(step, 'x', true)
    ctx.moveTo(x, plot.valToPos(lows[i]!, 'y', true))
    ctx.lineTo(x, plot.valToPos(highs[i]!, 'y', true))
  })
  ctx.stroke()
  ctx.restore()
}
