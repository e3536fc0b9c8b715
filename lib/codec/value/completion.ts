import * as t from 'io-ts'
import type { Completion } from '../../rollout/completion.js'
import type { Json } from '../json.js'
import { CountCodec } from '../number.js'
import { record, type Size } from '../record.js'
import { Float32ArrayCodec, Int32ArrayCodec } from '../typed-array.js'
import { withOptional } from '../with-optional.js'

const onePerToken = (field: string, values_T: ArrayLike<number>, { tokens }: Completion): Size => ({
  field,
  found: values_T.length,
  expected: tokens.length,
  because: 'one per token',
})

export const CompletionCodec: t.Type<Completion, Json<Completion>> = record(
  withOptional(
    t.strict(
      {
        tokens: Int32ArrayCodec,
        logprobs_T: Float32ArrayCodec,
        text: t.string,
        finish: t.keyof({ stop: null, length: null }),
        version: CountCodec,
      },
      'Completion',
    ),
    { untruncatedLogprobs_T: Float32ArrayCodec },
  ),
  (completion) => [
    onePerToken('logprobs_T', completion.logprobs_T, completion),
    ...(completion.untruncatedLogprobs_T === undefined
      ? []
      : [onePerToken('untruncatedLogprobs_T', completion.untruncatedLogprobs_T, completion)]),
  ],
)
