import { concatWith, defer, EMPTY, from, mergeMap, type Observable, type OperatorFunction, tap, throwError } from 'rxjs'
import { PipelineError } from '../lib/pipeline-error.js'
import type { Policy, Sampling } from '../lib/policy/policy.js'
import type { PromptBatch } from '../lib/rollout/prompt.js'
import type { RolloutGroup } from '../lib/rollout/rollout-group.js'

/**
 * Samples completions of every prompt. A group is emitted when its completions are finished, in any order.
 *
 *     batches    a-------b------|
 *     policy     --2-1|  ---1-2|      groups, by the index of their prompt
 *     output     --2-1------1-2-|
 *
 * The credits of the demand limit the number of batches that are sampled at the same time; this operator has no limit.
 *
 * @shape P prompts -> P groups of G completions, `sampling.group` = G
 * @errors PipelineError EmptyPrompt before the policy is called; BrokenInvariant when the policy completes with fewer or
 *         more groups than prompts; every error of the policy
 * @example
 * prompts(source, demand).pipe(
 *   rollout(policy, { group: 8, temperature: 1, topK: 0, topP: 1, maxTokens: 256, seed: 7 }),
 * )
 */
export const rollout = (policy: Policy, sampling: Sampling): OperatorFunction<PromptBatch, RolloutGroup> =>
  mergeMap((batch) => {
    const empty = batch.prompts.find(({ tokens }) => tokens.length === 0)
    return empty === undefined
      ? sampleGroups(policy, batch, sampling)
      : throwError(
          () =>
            new PipelineError(
              'EmptyPrompt',
              `prompt ${empty.id} of step ${batch.step}: found 0 tokens, expected at least 1`,
            ),
        )
  })

/** Counts the groups, because a missing group would hold its step, and one credit, forever. */
const sampleGroups = (policy: Policy, batch: PromptBatch, sampling: Sampling): Observable<RolloutGroup> => {
  let groups = 0
  const wrongCount = () =>
    new PipelineError(
      'BrokenInvariant',
      `step ${batch.step}: found ${groups} groups from the policy, expected ${batch.prompts.length}`,
    )
  return from(policy.sample(batch, sampling)).pipe(
    tap(() => groups++),
    concatWith(defer(() => (groups === batch.prompts.length ? EMPTY : throwError(wrongCount)))),
  )
}
