import type { StepMetrics } from '../run/step-metrics.js'

/** A number under the name that TensorBoard draws it by. */
export interface Scalar {
  readonly tag: string
  readonly value: number
}

type Measured = number | string | null | readonly unknown[] | { readonly [name: string]: Measured }

/**
 * The numbers of a step, under their names in `metrics.jsonl`: `entropy`, `accepted/positive`. What is null is left out, and
 * so are `step`, which they are drawn over, and what is no number.
 *
 * @units those of {@link StepMetrics}
 */
export const tensorboardScalars = (metrics: StepMetrics): readonly Scalar[] =>
  scalarsIn(metrics).filter(({ tag }) => tag !== 'step')

const scalarsIn = (values: Readonly<Record<string, Measured>>, prefix = ''): readonly Scalar[] =>
  Object.entries(values).flatMap(([name, value]) => {
    const tag = `${prefix}${name}`
    if (typeof value === 'number') return [{ tag, value }]
    return isRecord(value) ? scalarsIn(value, `${tag}/`) : []
  })

const isRecord = (value: Measured): value is Readonly<Record<string, Measured>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
