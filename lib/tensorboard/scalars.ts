import { EvaluationCodec, type StepEvaluation } from '../run/step-evaluation.js'
import type { StepMetrics } from '../run/step-metrics.js'

/** A number and the name under which TensorBoard plots it. */
export interface Scalar {
  readonly tag: string
  readonly value: number
}

type Measured = number | string | null | undefined | readonly unknown[] | { readonly [name: string]: Measured }

/**
 * Returns the numbers of a step under their names in `metrics.jsonl`, such as `entropy` and `accepted/positive`. Nulls and
 * other values that are not numbers are left out, and so is `step`, which is the horizontal axis.
 *
 * @units as in {@link StepMetrics}
 */
export const tensorboardScalars = (metrics: StepMetrics): readonly Scalar[] =>
  scalarsIn(metrics).filter(({ tag }) => tag !== 'step')

/**
 * Returns the numbers of an evaluation under their names in `evaluations.jsonl` behind `evaluation/`, such as
 * `evaluation/meanAtK/value` and `evaluation/passAtK/8/low`. Nulls are left out.
 *
 * @units shares, except for `prompts`, `samples` and `meanTokens`
 */
export const evaluationScalars = (evaluation: Omit<StepEvaluation, 'step'>): readonly Scalar[] =>
  scalarsIn(EvaluationCodec.encode(evaluation), 'evaluation/')

const scalarsIn = (values: Readonly<Record<string, Measured>>, prefix = ''): readonly Scalar[] =>
  Object.entries(values).flatMap(([name, value]) => {
    const tag = `${prefix}${name}`
    if (typeof value === 'number') return [{ tag, value }]
    return isRecord(value) ? scalarsIn(value, `${tag}/`) : []
  })

const isRecord = (value: Measured): value is Readonly<Record<string, Measured>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
