import * as t from 'io-ts'
import type { PipelineState } from '../../control/pipeline-state.js'
import type { Json } from '../json.js'
import { nullable } from '../nullable.js'
import { CountCodec, NumberCodec } from '../number.js'
import { record } from '../record.js'
import { WaypointsCodec } from '../waypoints.js'
import { MemoryCodec } from './batch.js'
import { PromptPositionCodec } from './prompt.js'

export const PipelineStateCodec: t.Type<PipelineState, Json<PipelineState>> = record(
  t.strict(
    {
      step: CountCodec,
      entropy: nullable(NumberCodec),
      override: nullable(WaypointsCodec),
      filterMemory: nullable(MemoryCodec),
      controllerMemory: nullable(MemoryCodec),
      prompts: PromptPositionCodec,
      hasVerdict: t.boolean,
    },
    'PipelineState',
  ),
)
