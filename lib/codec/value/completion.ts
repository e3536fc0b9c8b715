import * as t from 'io-ts'
import type { Completion } from '../../rollout/completion.js'
import type { Json } from '../json.js'
import { CountCodec } from '../number.js'
import { record } from '../record.js'
import { Float32ArrayCodec, Int32ArrayCodec } from '../typed-array.js'

export const CompletionCodec: t.Type<Completion, Json<Completion>> = record(
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
  ({ tokens, logprobs_T }) => [
    { field: 'logprobs_T', found: logprobs_T.length, expected: tokens.length, because: 'one per token' },
  ],
)
