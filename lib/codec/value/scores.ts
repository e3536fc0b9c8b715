import * as t from 'io-ts'
import type { Distribution, ScoreMethod, Scores } from '../../rollout/scores.js'
import type { Json } from '../json.js'
import { CountCodec, NumberCodec } from '../number.js'
import { record } from '../record.js'
import { Float32ArrayCodec } from '../typed-array.js'
import { withOptional } from '../with-optional.js'

export const ScoreMethodCodec: t.Type<ScoreMethod> = t.keyof(
  { exact: null, sampled: null, 'top-k': null } satisfies Record<ScoreMethod, null>,
  'ScoreMethod',
)

const DistributionCodec: t.Type<Distribution, Json<Distribution>> = record(
  t.strict({ s_BT: Float32ArrayCodec, expectedS_BT: Float32ArrayCodec, squares_BT: Float32ArrayCodec }, 'Distribution'),
)

const tokenScores = { version: CountCodec, logprobs_BT: Float32ArrayCodec, entropy_BT: Float32ArrayCodec }

export const ScoresCodec: t.Type<Scores, Json<Scores>> = record(
  withOptional(
    t.union(
      [
        t.strict({ ...tokenScores, method: t.literal('exact'), distribution: DistributionCodec }),
        t.strict({
          ...tokenScores,
          method: t.literal('top-k'),
          distribution: DistributionCodec,
          entropyError_BT: Float32ArrayCodec,
        }),
        t.strict({ ...tokenScores, method: t.literal('sampled') }),
      ],
      'Scores',
    ),
    { tempered: t.strict({ temperature: NumberCodec, logprobs_BT: Float32ArrayCodec }, 'TemperedLogprobs') },
  ),
)
