import * as E from 'fp-ts/lib/Either.js'
import { hasZeroVariance } from '../advantage/zero-variance.js'
import type { Batch, Response } from '../rollout/batch.js'
import type { VerifierFailure } from '../rollout/reward.js'
import type { AdvantagedGroup } from '../rollout/rollout-group.js'
import { sum } from '../statistics.js'

/**
 * Returns the batch of the completions of several groups, in the order of the groups. Completions without a verdict are
 * counted and left out.
 *
 * @shape groups [P], at least one, all of one batch  ->  B <= P G responses
 */
export const batchOf = (groups: readonly AdvantagedGroup[]): Batch => {
  const [responses, advantages]: [Response[], number[]] = [[], []]
  for (const { index, prompt, completions, rewards_G, advantages_G } of groups)
    rewards_G.forEach((verdict, g) => {
      if (E.isLeft(verdict)) return
      responses.push({ prompt, completion: completions[g]!, reward: verdict.right, group: index })
      advantages.push(advantages_G[g]!)
    })
  const staleGroups = groups.filter(({ stale }) => stale === true).length
  const failedGroups = groups.filter(({ stale, rewards_G }) => stale !== true && rewards_G.every(E.isLeft)).length
  return {
    step: groups[0]!.step,
    responses,
    advantages_B: Float32Array.from(advantages),
    width: responses.reduce((width, { completion }) => Math.max(width, completion.tokens.length), 0),
    failures: groups.flatMap(failuresOf),
    zeroVarianceGroups: groups.filter(isDegenerate).length,
    discardedGroups: sum(groups.map(({ discarded = 0 }) => discarded)),
    groups: groups.length,
    ...(failedGroups === 0 ? {} : { failedGroups }),
    ...(staleGroups === 0 ? {} : { staleGroups }),
  }
}

/** List of a group without failures. All such groups share it, because there are many. */
const NONE: readonly VerifierFailure[] = []

const failuresOf = ({ rewards_G, discardedFailures = NONE }: AdvantagedGroup): readonly VerifierFailure[] =>
  rewards_G.some(E.isLeft)
    ? [...rewards_G.flatMap((verdict) => (E.isLeft(verdict) ? [verdict.left] : [])), ...discardedFailures]
    : discardedFailures

const isDegenerate = ({ stale, rewards_G }: AdvantagedGroup): boolean =>
  stale !== true && hasZeroVariance(rewards_G.flatMap((verdict) => (E.isRight(verdict) ? [verdict.right.value] : [])))
