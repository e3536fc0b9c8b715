import type uPlot from 'uplot'
import { canHaveOutliers, offScaleOf } from '../view/axis-limits.js'
import type { ChartData } from '../view/chart-data.js'
import type { OffScaleNumber } from '../view/chart-hints.js'
import type { ChartOptions } from './chart-options.js'

/** Marks the numbers that the axis does not reach with triangles at the edge of the plot, and returns the numbers. */
export const drawOffScaleMarks = (
  plot: uPlot,
  { curves, palette, range }: Pick<ChartOptions, 'curves' | 'palette' | 'range'>,
  { columns }: ChartData,
): readonly OffScaleNumber[] => {
  plot.ctx.save()
  const found = curves.flatMap((curve, i) => {
    if (!canHaveOutliers(curve)) return []
    const { min, max } = plot.scales[curve.right ? 'right' : 'y']!
    // uPlot sets the ends of a scale without numbers to null, which its types do not say.
    if (typeof min !== 'number' || typeof max !== 'number') return []
    plot.ctx.fillStyle = palette.colour(curve.colour)
    return offScaleOf(columns[i]!, range(), [min, max]).map(({ step, number }) => {
      drawTriangle(plot, step, number > max)
      return { step, number, label: curve.label, distance: number > max ? number - max : min - number }
    })
  })
  plot.ctx.restore()
  return found
}

const drawTriangle = (plot: uPlot, step: number, isAbove: boolean): void => {
  const { ctx, bbox } = plot
  const side = 4 * devicePixelRatio
  const x = plot.valToPos(step, 'x', true)
  const tip = isAbove ? bbox.top : bbox.top + bbox.height
  const base = isAbove ? tip + 1.7 * side : tip - 1.7 * side
  ctx.beginPath()
  ctx.moveTo(x, tip)
  ctx.lineTo(x - side, base)
  ctx.lineTo(x + side, base)
  ctx.fill()
}
