import type { ObservableInput } from 'rxjs'
import type { Batch } from '../rollout/batch.js'
import type { PromptBatch } from '../rollout/prompt.js'
import type { RolloutGroup } from '../rollout/rollout-group.js'
import type { Scores } from '../rollout/scores.js'
import type { Policy, Sampling } from './policy.js'

/**
 * Wrappers of a policy's calls. A wrapper receives a function that makes the call, and the arguments of the call. A call
 * without a wrapper is unchanged.
 */
export interface PolicyWrappers {
  readonly sample?: (
    call: () => ObservableInput<RolloutGroup>,
    prompts: PromptBatch,
    sampling: Sampling,
  ) => ObservableInput<RolloutGroup>
  readonly score?: (call: () => ObservableInput<Scores>, batch: Batch) => ObservableInput<Scores>
}

/**
 * Wraps the calls of a policy. The version is always that of the wrapped policy.
 *
 * @example
 * mapPolicy(policy, { sample: (call, { step }) => defer(call).pipe(tap(() => console.log(step))) })
 */
export const mapPolicy = (policy: Policy, { sample, score }: PolicyWrappers): Policy => ({
  get version() {
    return policy.version
  },
  ...(policy.vocabulary === undefined ? {} : { vocabulary: policy.vocabulary }),
  ...(policy.scoreMethod === undefined ? {} : { scoreMethod: policy.scoreMethod }),
  sample: (prompts, how) => {
    const call = () => policy.sample(prompts, how)
    return sample === undefined ? call() : sample(call, prompts, how)
  },
  score: (batch, temperature) => {
    const call = () => policy.score(batch, temperature)
    return score === undefined ? call() : score(call, batch)
  },
})
