import type { Either } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { Reward, VerifierFailure } from '../../reward/reward.js'
import type { Json } from './json.js'
import { numberThat } from './number.js'
import { record } from './record.js'
import { withOptional } from './with-optional.js'

export const RewardCodec: t.Type<Reward, Json<Reward>> = record(
  withOptional(t.strict({ value: numberThat('finite number', Number.isFinite), correct: t.boolean }, 'Reward'), {
    answer: t.string,
  }),
)

export const VerifierFailureCodec: t.Type<VerifierFailure, Json<VerifierFailure>> = record(
  t.strict(
    {
      _tag: t.keyof({
        VerifierThrew: null,
        VerifierTimedOut: null,
        MalformedVerdict: null,
        NonFiniteReward: null,
        NoVerdict: null,
      }),
      message: t.string,
    },
    'VerifierFailure',
  ),
)

type Verdict = Either<VerifierFailure, Reward>

/** `{ "_tag": "Right", "right": reward }`, or `{ "_tag": "Left", "left": failure }`. */
export const VerdictCodec: t.Type<Verdict, Json<Verdict>> = record(
  t.union(
    [
      t.strict({ _tag: t.literal('Left'), left: VerifierFailureCodec }),
      t.strict({ _tag: t.literal('Right'), right: RewardCodec }),
    ],
    'Left or Right',
  ),
)
