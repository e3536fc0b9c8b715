import { concatWith, defer, EMPTY, from, mergeMap, type Observable, type OperatorFunction, tap, throwError } from 'rxjs'
import { PipelineError } from '../lib/pipeline-error.js'
import type { Policy, Sampling } from '../lib/policy/policy.js'
import type { PromptBatch } from '../lib/rollout/prompt.js'
import type { RolloutGroup } from '../lib/rollout/rollout-group.js'

/**
 * Samples completions of every prompt; groups flow as they finish, whichever batch they belong to.
 *
 *     batches    a-------b------|
 *     policy     --2-1|  ---1-2|      groups by the index of their prompt
 *     output     --2-1------1-2-|
 *
 * How many batches are sampled at once is decided by the credits of {@link demand} alone.
 *
 * @errors PipelineError EmptyPrompt, before the policy is asked; BrokenInvariant when the policy ends a batch short of
 *         groups; whatever the policy fails with
 */
export const rollout = (policy: Policy, how: Sampling): OperatorFunction<PromptBatch, RolloutGroup> =>
  mergeMap((batch) => {
    const empty = batch.prompts.find(({ tokens }) => tokens.length === 0)
    return empty === undefined
      ? sampled(policy, batch, how)
      : throwError(() => new PipelineError('EmptyPrompt', `prompt ${empty.id} of batch ${batch.step} has no tokens`))
  })

/** A group that never comes would hold its batch, and with it a credit, for ever: so they are counted. */
const sampled = (policy: Policy, batch: PromptBatch, how: Sampling): Observable<RolloutGroup> => {
  let groups = 0
  const missing = () =>
    new PipelineError(
      'BrokenInvariant',
      `the policy ended batch ${batch.step} after ${groups} groups, expected ${batch.prompts.length}`,
    )
  return from(policy.sample(batch, how)).pipe(
    tap(() => groups++),
    concatWith(defer(() => (groups === batch.prompts.length ? EMPTY : throwError(missing)))),
  )
}
