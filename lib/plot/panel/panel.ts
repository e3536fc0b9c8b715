import type { TopLevelSpec } from 'vega-lite'
import type { Curve } from '../curve.js'

type Concat = Extract<TopLevelSpec, { readonly concat: unknown }>
type Layered = Extract<Concat['concat'][number], { readonly layer: unknown }>

type Unit = Extract<Layered['layer'][number], { readonly mark: unknown }>

/** One layer of marks over its own numbers, in Vega-Lite's words. */
export type Layer = Unit & { readonly mark: { readonly type: string } }

/** What stands in a panel. A row of an array is a line of text. */
export interface Drawing {
  readonly title: string
  /** What its marks mean, beneath the title. */
  readonly notes: readonly string[]
  /** The title of the horizontal axis, where it is not the step. */
  readonly across?: string
  readonly layer: readonly Layer[]
}

/** Draws what curves have numbers for; null where none has any. */
export type Panel = (curves: readonly Curve[]) => Drawing | null
