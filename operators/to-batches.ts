import { map, type OperatorFunction, pipe } from 'rxjs'
import { batchOf } from '../lib/batch/batch-of.js'
import type { Batch } from '../lib/rollout/batch.js'
import type { AdvantagedGroup } from '../lib/rollout/rollout-group.js'
import { collectGroups, type StepRange } from './collect-groups.js'

/**
 * Builds one batch from all groups of a step. Batches are emitted in the order of their steps.
 *
 *     groups    0b-1a-1b-0a----|       steps 0 and 1, two groups each
 *     output    ---------(01)--|
 *
 * Completions whose verifier failed are counted and left out. The first step is `demand.firstStep`, and the demand is the
 * one that {@link prompts} has.
 *
 * @shape P groups of G completions -> a batch of B <= P G responses
 * @errors the errors of {@link collectGroups}
 * @example
 * groups$.pipe(advantage(grpo(), demand), toBatches(demand))
 */
export const toBatches = (demand: StepRange): OperatorFunction<AdvantagedGroup, Batch> =>
  pipe(
    collectGroups<AdvantagedGroup>(demand),
    map((groups) => ({ ...batchOf(groups), ...(demand.inFlight === undefined ? {} : { inFlight: demand.inFlight }) })),
  )
