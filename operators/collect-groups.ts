import { concatWith, defer, EMPTY, mergeMap, type OperatorFunction, throwError } from 'rxjs'
import type { Demand } from '../lib/control/demand.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { RolloutGroup } from '../lib/rollout/rollout-group.js'

/**
 * Collects the groups of each step. Steps are emitted in order, and their groups in the order of their prompts.
 *
 *     groups    0b-1a-1b-0a----|       steps 0 and 1, two groups each
 *     output    ---------(xy)--|       x: 0a 0b, y: 1a 1b
 *
 * The first step is `demand.firstStep`; 0 if no demand is given.
 *
 * @errors PipelineError BrokenInvariant when a group comes twice, when it comes after its step was emitted, and when the
 *         groups end before a step is complete
 * @example
 * groups$.pipe(collectGroups(demand)).subscribe((groups) => console.log(groups.length))
 */
export const collectGroups =
  <G extends RolloutGroup>(
    { firstStep }: Pick<Demand, 'firstStep'> = { firstStep: 0 },
  ): OperatorFunction<G, readonly G[]> =>
  (groups$) =>
    defer(() => {
      const incomplete = new Map<number, Map<number, G>>()
      let next = firstStep
      const takeComplete = function* () {
        for (let groups = incomplete.get(next); isComplete(groups); groups = incomplete.get(next)) {
          incomplete.delete(next++)
          yield [...groups.values()].sort((a, b) => a.index - b.index)
        }
      }
      return groups$.pipe(
        mergeMap((group) => {
          const groups = incomplete.get(group.step) ?? new Map<number, G>()
          if (group.step < next || groups.has(group.index)) throw unexpectedGroup(group, next)
          incomplete.set(group.step, groups.set(group.index, group))
          return takeComplete()
        }),
        concatWith(defer(() => (incomplete.size === 0 ? EMPTY : throwError(() => missingGroups(incomplete, next))))),
      )
    })

const isComplete = <G extends RolloutGroup>(
  groups: ReadonlyMap<number, G> | undefined,
): groups is ReadonlyMap<number, G> => {
  const [first] = groups?.values() ?? []
  return first !== undefined && first.groups === groups?.size
}

const unexpectedGroup = ({ step, index }: RolloutGroup, next: number): PipelineError =>
  new PipelineError(
    'BrokenInvariant',
    `found group ${index} of step ${step} twice or too late, expected each group once, from step ${next} on`,
  )

const missingGroups = (incomplete: ReadonlyMap<number, unknown>, next: number): PipelineError =>
  new PipelineError(
    'BrokenInvariant',
    `the groups ended before step ${next} was complete: steps ${[...incomplete.keys()].join(', ')} have groups that were not emitted`,
  )
