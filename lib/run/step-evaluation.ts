import * as t from 'io-ts'
import { nullIfMissing } from '../codec/nullable.js'

/** Codec of an {@link Estimate}. */
export const EstimateCodec = t.readonly(t.type({ value: t.number, low: t.number, high: t.number }))

const evaluation = t.type({
  prompts: t.number,
  samples: t.number,
  meanAtK: EstimateCodec,
  passAtK: t.readonly(t.record(t.string, EstimateCodec)),
  majAtK: t.union([EstimateCodec, t.null]),
  meanTokens: t.number,
  truncated: nullIfMissing(t.number),
})

/** Codec of an {@link Evaluation} in a file. The keys of `passAtK` are k as text. */
export const EvaluationCodec = t.readonly(evaluation)

/** Codec of a line of `evaluations.jsonl`: the evaluation on held-out prompts after a number of steps. */
export const StepEvaluationCodec = t.readonly(
  t.intersection([t.type({ step: t.number }), evaluation], 'StepEvaluation'),
)

/** Evaluation on held-out prompts after a number of steps. */
export type StepEvaluation = t.TypeOf<typeof StepEvaluationCodec>
