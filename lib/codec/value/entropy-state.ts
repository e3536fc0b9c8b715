import * as t from 'io-ts'
import { BandCodec } from '../band.js'
import type { EntropyState } from '../../rollout/entropy-state.js'
import { WaypointsCodec } from '../waypoints.js'
import type { Json } from '../json.js'
import { nullable } from '../nullable.js'
import { CountCodec, NumberCodec } from '../number.js'
import { record } from '../record.js'
import { ScoreMethodCodec } from './scores.js'

export const EntropyStateCodec: t.Type<EntropyState, Json<EntropyState>> = record(
  t.strict(
    {
      step: CountCodec,
      entropy: NumberCodec,
      scoreMethod: ScoreMethodCodec,
      entropyError: nullable(NumberCodec),
      band: BandCodec,
      nextBand: BandCodec,
      steered: nullable(WaypointsCodec),
      drift: t.union([t.literal(-1), t.literal(0), t.literal(1)]),
      measuredChange: nullable(NumberCodec),
      predictedChange: NumberCodec,
    },
    'EntropyState',
  ),
)
