import * as t from 'io-ts'

const EstimateCodec = t.readonly(t.type({ value: t.number, low: t.number, high: t.number }))

const evaluation = t.type({
  prompts: t.number,
  samples: t.number,
  meanAtK: EstimateCodec,
  passAtK: t.readonly(t.record(t.string, EstimateCodec)),
  majAtK: t.union([EstimateCodec, t.null]),
  meanTokens: t.number,
})

/** An {@link Evaluation} as it stands in a file; `passAtK` is keyed by k as text. */
export const EvaluationCodec = t.readonly(evaluation)

/** How good the model was on held-out prompts after so many steps: a line of `evaluations.jsonl`. */
export const StepEvaluationCodec = t.readonly(
  t.intersection([t.type({ step: t.number }), evaluation], 'StepEvaluation'),
)

export type StepEvaluation = t.TypeOf<typeof StepEvaluationCodec>
