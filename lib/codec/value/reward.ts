import type { Either } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { perFault, type Reward, type VerifierFailure } from '../../rollout/reward.js'
import type { Json } from '../json.js'
import { jsonNumberThat } from '../number.js'
import { record } from '../record.js'
import { withOptional } from '../with-optional.js'

const finite = jsonNumberThat('finite number', Number.isFinite)

/** Parts of a reward by name. `__proto__` is refused, because an object would lose it. */
const Parts = t.refinement(
  t.record(t.string, finite),
  (parts) => !Object.keys(parts).includes('__proto__'),
  'parts by names other than __proto__',
)

export const RewardCodec: t.Type<Reward, Json<Reward>> = record(
  withOptional(t.strict({ value: finite, correct: t.boolean }, 'Reward'), {
    answer: t.string,
    fault: t.keyof(perFault(() => null)),
    parts: Parts,
  }),
)

/** Codec of the tag of a verifier's failure. */
export const FailureTagCodec: t.Type<VerifierFailure['_tag']> = t.keyof({
  VerifierThrew: null,
  VerifierTimedOut: null,
  MalformedVerdict: null,
  NonFiniteReward: null,
  NoVerdict: null,
})

export const VerifierFailureCodec: t.Type<VerifierFailure, Json<VerifierFailure>> = record(
  t.strict(
    {
      _tag: FailureTagCodec,
      message: t.string,
    },
    'VerifierFailure',
  ),
)

type Verdict = Either<VerifierFailure, Reward>

/** Codec of a verdict: `{ "_tag": "Right", "right": reward }`, or `{ "_tag": "Left", "left": failure }`. */
export const VerdictCodec: t.Type<Verdict, Json<Verdict>> = record(
  t.union(
    [
      t.strict({ _tag: t.literal('Left'), left: VerifierFailureCodec }),
      t.strict({ _tag: t.literal('Right'), right: RewardCodec }),
    ],
    'Left or Right',
  ),
)
