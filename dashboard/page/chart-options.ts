import type uPlot from 'uplot'
import type { Curve, Figure } from '../view/figures.js'
import type { Palette } from './palette.js'

/** What a chart is beside its curves. */
export interface ChartOptions extends Pick<Figure, 'title' | 'unit' | 'note' | 'include' | 'ticks' | 'interval'> {
  readonly curves: readonly Curve[]
  readonly height: number
  /** The steps in view. */
  readonly range: () => readonly [number, number]
  /** Filled between two curves. */
  readonly bands?: readonly {
    readonly high: number
    readonly low: number
    readonly colour: string
    readonly alpha: number
  }[]
  /** What else the legend explains. */
  readonly key?: readonly Curve[]
  /** The left axis stays as it is. */
  readonly frozen?: () => boolean
  /** Stands under the plot. */
  readonly below?: HTMLElement
  /** After everything is drawn. */
  readonly onDraw?: (plot: uPlot) => void
  readonly palette: Palette
  readonly identifier: (name: string) => string
}
