import { concatWith, defer, EMPTY, mergeMap, type OperatorFunction, throwError } from 'rxjs'
import type { Demand } from '../lib/control/demand.js'
import { describe } from '../lib/describe.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { RolloutGroup } from '../lib/rollout/rollout-group.js'

/** Fields of a demand that say which steps may come: from the first on, at most `inFlight` of them incomplete. */
export type StepRange = Pick<Demand, 'firstStep'> & Partial<Pick<Demand, 'inFlight'>>

/**
 * Collects the groups of each step. Steps are emitted in order, and their groups in the order of their prompts.
 *
 *     groups    0b-1a-1b-0a----|       steps 0 and 1, two groups each
 *     output    ---------(xy)--|       x: 0a 0b, y: 1a 1b
 *
 * The first step is `demand.firstStep`, and the demand is the one that {@link prompts} has: a step that never comes would
 * keep the others back for ever.
 *
 * @errors RangeError without a demand; PipelineError BrokenInvariant when a group comes twice, when it comes after its step
 *         was emitted, when its step cannot be in flight yet, when it disagrees with its step about the number of groups,
 *         and when the groups end before a step is complete
 * @example
 * groups$.pipe(collectGroups(demand)).subscribe((groups) => console.log(groups.length))
 */
export const collectGroups = <G extends RolloutGroup>(demand: StepRange): OperatorFunction<G, readonly G[]> => {
  const { firstStep, inFlight = Infinity } = checkStepRange(demand)
  return (groups$) =>
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
          if (group.step >= next + inFlight) throw earlyGroup(group, next, inFlight)
          const [{ groups: count } = group] = groups.values()
          if (group.groups !== count || !(group.index >= 0 && group.index < count)) throw miscounted(group, count)
          incomplete.set(group.step, groups.set(group.index, group))
          return takeComplete()
        }),
        concatWith(defer(() => (incomplete.size === 0 ? EMPTY : throwError(() => missingGroups(incomplete, next))))),
      )
    })
}

/** Refuses a missing demand, which a program in plain JavaScript can pass. */
const checkStepRange = (demand: Partial<StepRange> | undefined): StepRange => {
  const { firstStep, inFlight } = demand ?? {}
  if (!Number.isInteger(firstStep))
    throw new RangeError(
      `demand.firstStep: found ${describe(firstStep)}, expected an integer >= 0: pass the demand that \`prompts\` has`,
    )
  return { firstStep: firstStep!, ...(inFlight === undefined ? {} : { inFlight }) }
}

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

const earlyGroup = ({ step, index }: RolloutGroup, next: number, inFlight: number): PipelineError =>
  new PipelineError(
    'BrokenInvariant',
    `found group ${index} of step ${step} while step ${next} is incomplete and at most ${inFlight} steps are in flight, expected steps from ${next} on: pass the demand that \`prompts\` has`,
  )

const miscounted = ({ step, index, groups }: RolloutGroup, count: number): PipelineError =>
  new PipelineError(
    'BrokenInvariant',
    `step ${step}: found group ${index} with groups ${groups}, expected groups ${count} and an index from 0 to ${count - 1}`,
  )

const missingGroups = (incomplete: ReadonlyMap<number, unknown>, next: number): PipelineError =>
  new PipelineError(
    'BrokenInvariant',
    `the groups ended before step ${next} was complete: steps ${[...incomplete.keys()].join(', ')} have groups that were not emitted`,
  )
