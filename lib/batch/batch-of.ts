import * as A from 'fp-ts/lib/Array.js'
import * as E from 'fp-ts/lib/Either.js'
import { hasZeroVariance } from '../advantage/zero-variance.js'
import type { Batch } from '../rollout/batch.js'
import type { AdvantagedGroup } from '../rollout/rollout-group.js'

/**
 * The judged completions of one batch's groups, in the order given; those without a verdict are only counted.
 *
 * @shape groups [P], at least one, of one batch  ->  B <= P G responses
 */
export const batchOf = (groups: readonly AdvantagedGroup[]): Batch => {
  const judged = groups.flatMap(({ index, prompt, completions, rewards_G, advantages_G }) =>
    rewards_G.flatMap((verdict, g) =>
      E.isRight(verdict)
        ? [
            {
              response: { prompt, completion: completions[g]!, reward: verdict.right, group: index },
              advantage: advantages_G[g]!,
            },
          ]
        : [],
    ),
  )
  const responses = judged.map(({ response }) => response)
  return {
    step: groups[0]!.step,
    responses,
    advantages_B: Float32Array.from(judged, ({ advantage }) => advantage),
    width: Math.max(0, ...responses.map(({ completion }) => completion.tokens.length)),
    failures: groups.flatMap(({ rewards_G }) => A.lefts([...rewards_G])),
    zeroVarianceGroups: groups.filter(({ rewards_G }) =>
      hasZeroVariance(A.rights([...rewards_G]).map(({ value }) => value)),
    ).length,
    discardedGroups: groups.reduce((sum, { discarded = 0 }) => sum + discarded, 0),
  }
}
