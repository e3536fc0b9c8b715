import * as A from 'fp-ts/lib/Array.js'
import * as E from 'fp-ts/lib/Either.js'
import { hasZeroVariance } from '../advantage/zero-variance.js'
import type { Batch, Response } from '../rollout/batch.js'
import type { AdvantagedGroup } from '../rollout/rollout-group.js'
import { sum } from '../statistics.js'

/**
 * Returns the batch of the completions of several groups, in the order of the groups. Completions without a verdict are
 * counted and left out.
 *
 * @shape groups [P], at least one, all of one batch  ->  B <= P G responses
 */
export const batchOf = (groups: readonly AdvantagedGroup[]): Batch => {
  const rows = groups.flatMap(rowsOf)
  const responses = rows.map(({ response }) => response)
  const staleGroups = groups.filter(({ stale }) => stale === true).length
  const failedGroups = groups.filter(({ stale, rewards_G }) => stale !== true && rewards_G.every(E.isLeft)).length
  return {
    step: groups[0]!.step,
    responses,
    advantages_B: Float32Array.from(rows, ({ advantage }) => advantage),
    width: Math.max(0, ...responses.map(({ completion }) => completion.tokens.length)),
    failures: groups.flatMap(({ rewards_G, discardedFailures = [] }) => [
      ...A.lefts([...rewards_G]),
      ...discardedFailures,
    ]),
    zeroVarianceGroups: groups.filter(
      ({ stale, rewards_G }) => stale !== true && hasZeroVariance(A.rights([...rewards_G]).map(({ value }) => value)),
    ).length,
    discardedGroups: sum(groups.map(({ discarded = 0 }) => discarded)),
    groups: groups.length,
    ...(failedGroups === 0 ? {} : { failedGroups }),
    ...(staleGroups === 0 ? {} : { staleGroups }),
  }
}

interface Row {
  readonly response: Response
  readonly advantage: number
}

const rowsOf = ({ index, prompt, completions, rewards_G, advantages_G }: AdvantagedGroup): readonly Row[] =>
  rewards_G.flatMap((verdict, g) =>
    E.isRight(verdict)
      ? [
          {
            response: { prompt, completion: completions[g]!, reward: verdict.right, group: index },
            advantage: advantages_G[g]!,
          },
        ]
      : [],
  )
