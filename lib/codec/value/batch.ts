import * as t from 'io-ts'
import { scoreMatrices } from '../../batch/score-matrices.js'
import type { Batch, FilteredBatch, MeasuredBatch, Response, ControllerRecord, Memory } from '../../rollout/batch.js'
import { CompletionCodec } from './completion.js'
import { EntropyStateCodec } from './entropy-state.js'
import type { Json } from '../json.js'
import { CountCodec, NumberCodec } from '../number.js'
import { PromptCodec, PromptPositionCodec } from './prompt.js'
import { record, type Size } from '../record.js'
import { RewardCodec, VerifierFailureCodec } from './reward.js'
import { ScoresCodec } from './scores.js'
import { Float32ArrayCodec, MaskCodec } from '../typed-array.js'
import { withOptional } from '../with-optional.js'

export const ResponseCodec: t.Type<Response, Json<Response>> = record(
  t.strict({ prompt: PromptCodec, completion: CompletionCodec, reward: RewardCodec, group: CountCodec }, 'Response'),
)

const onePerResponse = (field: string, values_B: ArrayLike<unknown>, { responses }: Batch): Size => ({
  field,
  found: values_B.length,
  expected: responses.length,
  because: 'one per response',
})

const onePerPlace = (field: string, matrix_BT: ArrayLike<number>, { responses, width }: Batch): Size => ({
  field,
  found: matrix_BT.length,
  expected: responses.length * width,
  because: 'responses x width',
})

/** Size of a field that is absent if the pipeline leaves its stage out. */
const onePerOptionalPlace = (field: string, matrix_BT: ArrayLike<number> | undefined, batch: Batch): readonly Size[] =>
  matrix_BT === undefined ? [] : [onePerPlace(field, matrix_BT, batch)]

export const BatchCodec: t.Type<Batch, Json<Batch>> = record(
  withOptional(
    t.strict(
      {
        step: CountCodec,
        responses: t.readonlyArray(ResponseCodec),
        advantages_B: Float32ArrayCodec,
        width: CountCodec,
        failures: t.readonlyArray(VerifierFailureCodec),
        zeroVarianceGroups: CountCodec,
        discardedGroups: CountCodec,
      },
      'Batch',
    ),
    {
      groups: CountCodec,
      failedGroups: CountCodec,
      staleGroups: CountCodec,
      inFlight: CountCodec,
      position: PromptPositionCodec,
    },
  ),
  (batch) => [
    onePerResponse('advantages_B', batch.advantages_B, batch),
    {
      field: 'width',
      found: batch.width,
      expected: Math.max(0, ...batch.responses.map(({ completion }) => completion.tokens.length)),
      because: 'the longest completion',
    },
  ],
)

const numbers = t.readonly(t.record(t.string, NumberCodec))

export const MemoryCodec: t.Type<Memory, Json<Memory>> = t.readonly(
  t.record(t.string, t.union([NumberCodec, t.readonlyArray(NumberCodec)])),
)

export const ControllerRecordCodec: t.Type<ControllerRecord, Json<ControllerRecord>> = record(
  t.strict({ controller: t.string, memory: MemoryCodec, scalars: numbers }, 'ControllerRecord'),
)

export const MeasuredBatchCodec: t.Type<MeasuredBatch, Json<MeasuredBatch>> = record(
  withOptional(t.intersection([BatchCodec, t.strict({ scores: ScoresCodec }, 'EntropyMeasured')]), {
    skipped: t.readonlyArray(CountCodec),
    referenceLogprobs_BT: Float32ArrayCodec,
    controlled: ControllerRecordCodec,
  }),
  (batch) => [
    ...scoreMatrices(batch.scores).map(([path, matrix_BT]) => onePerPlace(`scores.${path}`, matrix_BT, batch)),
    ...onePerOptionalPlace('referenceLogprobs_BT', batch.referenceLogprobs_BT, batch),
  ],
)

export const FilteredBatchCodec: t.Type<FilteredBatch, Json<FilteredBatch>> = record(
  withOptional(
    t.intersection([
      MeasuredBatchCodec,
      t.strict({ state: EntropyStateCodec, mask_BT: MaskCodec, accepted_B: t.readonlyArray(t.boolean) }, 'Filtered'),
    ]),
    { importance_BT: Float32ArrayCodec, memory: MemoryCodec },
  ),
  (batch) => [
    onePerPlace('mask_BT', batch.mask_BT, batch),
    onePerResponse('accepted_B', batch.accepted_B, batch),
    ...onePerOptionalPlace('importance_BT', batch.importance_BT, batch),
  ],
)
