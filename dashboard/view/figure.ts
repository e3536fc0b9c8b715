import type { ColumnReader } from './table.js'

/** Style of a curve. Areas are stacked: the numbers of each are the sums up to it. A hidden curve is not drawn. */
export type CurveKind = 'line' | 'thin' | 'area' | 'steps' | 'points' | 'hidden'

/** Look and name of a curve. */
export interface Curve {
  readonly label: string
  /** Name of a colour of the style sheet, without its dashes. */
  readonly colour: string
  readonly kind: CurveKind
  /** Lengths of the dashes and gaps; a curve without them is solid. @units pixels */
  readonly dash?: readonly number[]
  /** Lighter and striped, for rejected responses. */
  readonly striped?: boolean
  /** Whether the curve uses the right axis. */
  readonly right?: boolean
  /** Number of steps whose mean each number is [1]. An outlier of one step is part of so many numbers. */
  readonly meanOf?: number
  /** Whether the axis shows all numbers of the curve, also outliers. */
  readonly keepsInView?: boolean
}

/** Dashes of a second curve of one run. The dashes of compared runs are longer. @units pixels */
export const dashed: readonly number[] = [5, 4]

/** Curve with the source of its numbers. */
export type PlottedCurve = Curve &
  ColumnReader & {
    /** Whether the curve is also drawn for the other runs on the page. */
    readonly compared?: boolean
  }

/** Small chart. */
export interface Figure {
  readonly title: string
  readonly unit: string
  /** Text under the chart that explains its curves. */
  readonly note?: string
  readonly curves: readonly PlottedCurve[]
  /** Numbers that the left axis always shows. */
  readonly include?: readonly number[]
  /** Texts of the only marks of the left axis, by their value. */
  readonly ticks?: Readonly<Record<number, string>>
  /** Indices of the curves that hold a value and the ends of its interval. */
  readonly interval?: readonly [value: number, low: number, high: number]
}
