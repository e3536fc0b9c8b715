import type { TopLevelSpec } from 'vega-lite'
import type { Curve } from '../curve.js'

type Concat = Extract<TopLevelSpec, { readonly concat: unknown }>
type Layered = Extract<Concat['concat'][number], { readonly layer: unknown }>

type Unit = Extract<Layered['layer'][number], { readonly mark: unknown }>

/** Vega-Lite layer of marks with data of its own. */
export type Layer = Unit & { readonly mark: { readonly type: string } }

/** Contents of a panel. */
export interface Drawing {
  readonly title: string
  /** Explanations of the marks, one line each, under the title. */
  readonly notes: readonly string[]
  /** Title of the horizontal axis; without it, the axis is the step. */
  readonly across?: string
  readonly layer: readonly Layer[]
}

/** Draws a panel of curves; null if no curve has numbers for it. */
export type Panel = (curves: readonly Curve[]) => Drawing | null
