import * as t from 'io-ts'
import type { PipelineState } from '../../control/pipeline-state.js'
import type { Refusal } from '../../policy/learner.js'
import type { Json } from '../json.js'
import { nullable } from '../nullable.js'
import { CountCodec, NumberCodec } from '../number.js'
import { record } from '../record.js'
import { WaypointsCodec } from '../waypoints.js'
import { MemoryCodec } from './batch.js'
import { PromptPositionCodec } from './prompt.js'

const RefusalCodec = t.keyof(
  { 'non-finite-loss': null, 'non-finite-weights': null, 'gradient-spike': null } satisfies Record<Refusal, null>,
  'reason of a refused update',
)

export const PipelineStateCodec: t.Type<PipelineState, Json<PipelineState>> = record(
  t.strict(
    {
      step: CountCodec,
      entropy: nullable(NumberCodec),
      override: nullable(WaypointsCodec),
      filterMemory: nullable(MemoryCodec),
      controllerMemory: nullable(MemoryCodec),
      prompts: PromptPositionCodec,
      refusals: t.readonlyArray(RefusalCodec),
      hasVerdict: t.boolean,
    },
    'PipelineState',
  ),
)
