import { concatWith, defer, EMPTY, mergeMap, type OperatorFunction, throwError } from 'rxjs'
import { PipelineError } from '../lib/pipeline-error.js'
import type { RolloutGroup } from '../lib/rollout/rollout-group.js'

/** Where batches are counted from; a {@link Demand} is one. */
export interface FirstStep {
  readonly firstStep: number
}

/**
 * Collects the groups of each batch, in the order of their prompts; batches flow in the order of their numbers.
 *
 *     groups    0b-1a-1b-0a----|       batch 0 and batch 1, two groups each
 *     output    ---------(xy)--|       x: 0a 0b, y: 1a 1b
 *
 * @errors PipelineError BrokenInvariant for a group that comes twice or after its batch, and at the end for a batch
 *         that is not whole
 */
export const collectGroups =
  <G extends RolloutGroup>({ firstStep }: FirstStep): OperatorFunction<G, readonly G[]> =>
  (groups$) =>
    defer(() => {
      const open = new Map<number, Map<number, G>>()
      let next = firstStep
      const wholeBatches = function* () {
        for (let groups = open.get(next); groups !== undefined && isWhole(groups); groups = open.get(next)) {
          open.delete(next++)
          yield [...groups.values()].sort((a, b) => a.index - b.index)
        }
      }
      return groups$.pipe(
        mergeMap((group) => {
          const groups = open.get(group.step) ?? new Map<number, G>()
          if (group.step < next || groups.has(group.index)) throw unexpected(group, next)
          open.set(group.step, groups.set(group.index, group))
          return wholeBatches()
        }),
        concatWith(defer(() => (open.size === 0 ? EMPTY : throwError(() => incomplete(open, next))))),
      )
    })

const isWhole = <G extends RolloutGroup>(groups: ReadonlyMap<number, G>): boolean => {
  const [first] = groups.values()
  return first?.groups === groups.size
}

const unexpected = ({ step: batch, index }: RolloutGroup, next: number): PipelineError =>
  new PipelineError('BrokenInvariant', `group ${index} of batch ${batch} came twice or late: batch ${next} is due`)

const incomplete = (open: ReadonlyMap<number, unknown>, next: number): PipelineError =>
  new PipelineError(
    'BrokenInvariant',
    `the groups ended with batch ${next} due and batches ${[...open.keys()].join(', ')} waiting`,
  )
