import type { BandSteps } from '../../lib/run/history.js'

export interface ChartSize {
  /** Size of the plot without its labels. @units columns, rows */
  readonly width: number
  readonly height: number
  /** Planned steps of the run: the plot grows to the right until they are done. */
  readonly planned: number
}

/**
 * Text chart of the entropy of a run over its band: `░` is the band, `●` the entropy. If there are more steps than columns,
 * a column shows the last of its steps.
 */
export const bandChart = (steps: BandSteps, { width, height, planned }: ChartSize): string[] => {
  const stride = Math.ceil(planned / width)
  const last = steps.length - 1
  const shown = Array.from({ length: Math.ceil(steps.length / stride) }, (_, column) =>
    steps.at(Math.min(last, (column + 1) * stride - 1)),
  ).filter((step) => step !== undefined)
  const values = shown.flatMap(({ entropy, low, high }) => (entropy === null ? [low, high] : [entropy, low, high]))
  const [bottom, top] = [Math.min(...values), Math.max(...values)]
  const step = (top - bottom) / (height - 1) || 1
  const rowOf = (value: number) => Math.round((top - value) / step)
  return Array.from({ length: height }, (_, row) => {
    const cells = shown.map(({ entropy, low, high }) => {
      if (entropy !== null && rowOf(entropy) === row) return '●'
      return rowOf(high) <= row && row <= rowOf(low) ? '░' : ' '
    })
    return `${(top - row * step).toFixed(2).padStart(5)} ┤${cells.join('')}`.trimEnd()
  })
}
