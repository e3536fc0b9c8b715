import { map, type OperatorFunction, pipe } from 'rxjs'
import { batchOf } from '../lib/batch/batch-of.js'
import type { Batch } from '../lib/rollout/batch.js'
import type { AdvantagedGroup } from '../lib/rollout/rollout-group.js'
import { type FirstStep, collectGroups } from './collect-groups.js'

/**
 * Makes one batch of the groups that were sampled for one credit, in the order of their numbers.
 *
 *     groups    0b-1a-1b-0a----|       batch 0 and batch 1, two groups each
 *     output    ---------(01)--|
 *
 * Completions without a verdict are counted and left out. A run that does not start at batch 0 says so: `toBatches(demand)`.
 *
 * @errors PipelineError BrokenInvariant for a group that comes twice or after its batch, and at the end for a batch
 *         that is not whole
 */
export const toBatches = (from: FirstStep = { firstStep: 0 }): OperatorFunction<AdvantagedGroup, Batch> =>
  pipe(collectGroups<AdvantagedGroup>(from), map(batchOf))
