import * as t from 'io-ts'
import type { Prompt, PromptBatch, PromptPosition } from '../../rollout/prompt.js'
import type { Json } from '../json.js'
import { CountCodec, Int32Codec } from '../number.js'
import { record } from '../record.js'
import { withOptional } from '../with-optional.js'

export const PromptCodec: t.Type<Prompt, Json<Prompt>> = record(
  t.strict({ id: t.string, text: t.string, tokens: t.readonlyArray(Int32Codec), reference: t.string }, 'Prompt'),
)

export const PromptBatchCodec: t.Type<PromptBatch, Json<PromptBatch>> = record(
  withOptional(t.strict({ step: CountCodec, prompts: t.readonlyArray(PromptCodec) }, 'PromptBatch'), {
    offset: CountCodec,
  }),
)

export const PromptPositionCodec: t.Type<PromptPosition, Json<PromptPosition>> = record(
  t.strict({ from: CountCodec, used: t.readonlyArray(CountCodec) }, 'PromptPosition'),
)
