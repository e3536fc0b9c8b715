import type { OffScale } from './axis-limits.js'
import { formatShort } from './number-format.js'

/** Number outside an axis, with the name of its curve and its distance from the axis. */
export interface OffScaleNumber extends OffScale {
  readonly label: string
  readonly distance: number
}

/** Returns how to read the drawing of a chart: the width of its trend [1: none], and the numbers that its axis does not reach. */
export const hintsOf = (width: number, offScale: readonly OffScaleNumber[]): string => {
  const trend = width === 1 ? [] : [`Long run: thick lines are means of ${width} steps.`]
  const farthest = offScale.toSorted((a, b) => b.distance - a.distance)[0]
  const edge =
    farthest === undefined
      ? []
      : [
          `▲▼ at the edge: beyond the axis. The farthest is ${farthest.label} ${formatShort(farthest.number)} at step ${farthest.step}.`,
        ]
  return [...trend, ...edge].join(' ')
}
