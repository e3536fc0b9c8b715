import type uPlot from 'uplot'
import { stepNumber } from '../../lib/report/step-number.js'
import type { RunView } from '../view/view.js'
import type { Palette } from './palette.js'

/** Marks the steps whose entropy is outside its hard limit with a tick at the upper or the lower edge of the plot. */
export const drawLimitMarks = (plot: uPlot, { logs: { metrics } }: RunView, palette: Palette): void => {
  const { ctx, bbox } = plot
  const { min, max } = plot.scales['x']!
  const height = 12 * devicePixelRatio
  ctx.save()
  ctx.strokeStyle = palette.colour('bad')
  ctx.lineWidth = 2 * devicePixelRatio
  for (let i = 0; i < metrics.lines.length; i++) {
    const { step, outsideLimit } = metrics.lines.items[i]!
    const number = stepNumber(step)
    if (outsideLimit === null || number < min! || number > max!) continue
    const x = plot.valToPos(number, 'x', true)
    const [from, to] =
      outsideLimit === 'above'
        ? [bbox.top, bbox.top + height]
        : [bbox.top + bbox.height, bbox.top + bbox.height - height]
    ctx.beginPath()
    ctx.moveTo(x, from)
    ctx.lineTo(x, to)
    ctx.stroke()
  }
  ctx.restore()
}
