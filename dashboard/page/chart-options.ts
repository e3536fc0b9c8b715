import type uPlot from 'uplot'
import type { Curve, Figure } from '../view/figure.js'
import type { Page } from './page.js'

/** Options of a chart. */
export interface ChartOptions extends Page, Pick<Figure, 'title' | 'unit' | 'note' | 'include' | 'ticks' | 'interval'> {
  readonly curves: readonly Curve[]
  /** @units pixels */
  readonly height: number
  /** Returns the first and last step on the horizontal axis. */
  readonly range: () => readonly [number, number]
  /** Areas to fill between two curves, which are given by their index. */
  readonly bands?: readonly FilledBand[]
  /** Entries of the legend besides the curves. */
  readonly key?: readonly Curve[]
  /** Whether the left axis must keep its range. */
  readonly isFrozen?: () => boolean
  /** Element under the plot. */
  readonly below?: HTMLElement
  /** Called after the plot is drawn. */
  readonly onDraw?: (plot: uPlot) => void
}

interface FilledBand {
  readonly high: number
  readonly low: number
  readonly colour: string
  /** Opacity, from 0 to 1. */
  readonly alpha: number
}
