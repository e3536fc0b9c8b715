import { concatWith, defer, EMPTY, from, map, mergeMap, type Observable, type OperatorFunction, throwError } from 'rxjs'
import { PipelineError } from '../lib/pipeline-error.js'
import { brokenPort, checkPrompts, groupCheck } from '../lib/policy/check-group.js'
import { checkSampling } from '../lib/policy/check-sampling.js'
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
 * @errors RangeError for an impossible setting of `sampling`; PipelineError EmptyPrompt before the policy is called;
 *         BrokenInvariant that names the prompt, the completion and the field when the policy returns a group that its port
 *         does not allow, or completes with fewer or more groups than prompts; every error of the policy
 * @example
 * prompts(source, demand).pipe(
 *   rollout(policy, { group: 8, temperature: 1, topK: 0, topP: 1, maxTokens: 256, seed: 7 }),
 * )
 */
export const rollout = (policy: Policy, sampling: Sampling): OperatorFunction<PromptBatch, RolloutGroup> => {
  checkSampling(sampling)
  return (batches$) =>
    defer(() => {
      const checkVersions = versionCheck()
      return batches$.pipe(
        mergeMap((batch) => {
          checkPrompts(batch, policy.vocabulary)
          return sampleGroups(policy, batch, sampling, checkVersions(batch.step))
        }),
      )
    })
}

/** Counts the groups, because a missing group would hold its step, and one credit, forever. */
const sampleGroups = (
  policy: Policy,
  batch: PromptBatch,
  sampling: Sampling,
  versions: StepVersions,
): Observable<RolloutGroup> => {
  let groups = 0
  const wrongCount = () =>
    new PipelineError(
      'BrokenInvariant',
      `step ${batch.step}: found ${groups} groups from the policy, expected ${batch.prompts.length}`,
    )
  const check = groupCheck(batch, sampling, policy.vocabulary)
  return from(policy.sample(batch, sampling)).pipe(
    map((group) => {
      if (groups === batch.prompts.length)
        throw new PipelineError(
          'BrokenInvariant',
          `step ${batch.step}: found more groups from the policy than its ${batch.prompts.length} prompts`,
        )
      groups++
      versions.check(check(group))
      return group
    }),
    concatWith(
      defer(() => {
        if (groups !== batch.prompts.length) return throwError(wrongCount)
        versions.end()
        return EMPTY
      }),
    ),
  )
}

/** Versions of the weights that sampled one step. */
interface StepVersions {
  readonly check: (group: RolloutGroup) => void
  /** Records that all groups of the step have come. */
  readonly end: () => void
}

/** Checks that a step is not sampled from older weights than a step before it that is complete. */
const versionCheck = () => {
  let newest = { step: -1, version: 0 }
  return (step: number): StepVersions => {
    let oldest = Infinity
    return {
      check: ({ prompt, completions }) =>
        completions.forEach(({ version }, g) => {
          oldest = Math.min(oldest, version)
          if (step > newest.step && version < newest.version)
            throw brokenPort(
              `policy.sample, step ${step}, prompt ${prompt.id}, completion ${g}: version`,
              version,
              `an integer >= ${newest.version}, as in step ${newest.step}: versions never go back`,
            )
        }),
      end: () => {
        if (oldest !== Infinity && oldest > newest.version) newest = { step, version: oldest }
      },
    }
  }
}
