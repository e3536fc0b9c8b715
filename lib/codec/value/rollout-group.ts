import * as t from 'io-ts'
import type { AdvantagedGroup, RewardedGroup, RolloutGroup } from '../../rollout/rollout-group.js'
import { CompletionCodec } from './completion.js'
import type { Json } from '../json.js'
import { CountCodec, NumberCodec } from '../number.js'
import { PromptCodec } from './prompt.js'
import { record, type Size } from '../record.js'
import { withOptional } from '../with-optional.js'
import { VerdictCodec, VerifierFailureCodec } from './reward.js'

export const RolloutGroupCodec: t.Type<RolloutGroup, Json<RolloutGroup>> = record(
  withOptional(
    t.strict(
      {
        step: CountCodec,
        groups: CountCodec,
        index: CountCodec,
        prompt: PromptCodec,
        completions: t.readonlyArray(CompletionCodec),
      },
      'RolloutGroup',
    ),
    { discarded: CountCodec, discardedFailures: t.readonlyArray(VerifierFailureCodec) },
  ),
)

const onePerCompletion = (field: string, values_G: readonly unknown[], { completions }: RolloutGroup): Size => ({
  field,
  found: values_G.length,
  expected: completions.length,
  because: 'one per completion',
})

export const RewardedGroupCodec: t.Type<RewardedGroup, Json<RewardedGroup>> = record(
  t.intersection([RolloutGroupCodec, t.strict({ rewards_G: t.readonlyArray(VerdictCodec) }, 'Rewarded')]),
  (group) => [onePerCompletion('rewards_G', group.rewards_G, group)],
)

export const AdvantagedGroupCodec: t.Type<AdvantagedGroup, Json<AdvantagedGroup>> = record(
  t.intersection([RewardedGroupCodec, t.strict({ advantages_G: t.readonlyArray(NumberCodec) }, 'Advantaged')]),
  (group) => [onePerCompletion('advantages_G', group.advantages_G, group)],
)
