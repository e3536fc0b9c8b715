import type uPlot from 'uplot'
import { stepNumber } from '../../lib/report/step-number.js'
import type { RunView } from '../view/view.js'
import type { Palette } from './palette.js'

/** Marks the steps at which a user steered the band (with a triangle) or released it (without). */
export const drawOverrideMarks = (plot: uPlot, { logs: { metrics } }: RunView, palette: Palette): void => {
  const { ctx } = plot
  const { min, max } = plot.scales['x']!
  ctx.save()
  ctx.strokeStyle = ctx.fillStyle = palette.colour('override')
  ctx.lineWidth = devicePixelRatio
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio])
  for (let i = 0; i < metrics.lines.length; i++) {
    const { step, steered } = metrics.lines.items[i]!
    const number = stepNumber(step)
    if (steered !== null && number >= min! && number <= max!) drawMark(plot, number, steered.length > 0)
  }
  ctx.restore()
}

const drawMark = (plot: uPlot, number: number, hasTriangle: boolean): void => {
  const { ctx, bbox } = plot
  const x = plot.valToPos(number, 'x', true)
  const side = 5 * devicePixelRatio
  ctx.beginPath()
  ctx.moveTo(x, bbox.top)
  ctx.lineTo(x, bbox.top + bbox.height)
  ctx.stroke()
  if (!hasTriangle) return
  ctx.beginPath()
  ctx.moveTo(x - side, bbox.top)
  ctx.lineTo(x + side, bbox.top)
  ctx.lineTo(x, bbox.top + 1.6 * side)
  ctx.fill()
}
