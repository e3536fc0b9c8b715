import * as E from 'fp-ts/lib/Either.js'
import type { Completion } from '../lib/rollout/completion.js'
import type { Prompt, PromptBatch } from '../lib/rollout/prompt.js'
import type { Reward, VerifierFailure } from '../lib/rollout/reward.js'
import type { AdvantagedGroup, RewardedGroup, RolloutGroup } from '../lib/rollout/rollout-group.js'

/**
 * Builds a prompt of three tokens.
 *
 * @example
 * aPrompt('p7', { reference: '42' })
 */
export const aPrompt = (id = 'p', fields: Partial<Prompt> = {}): Prompt => ({
  id,
  text: `text of ${id}`,
  tokens: [1, 2, 3],
  reference: `answer of ${id}`,
  ...fields,
})

/**
 * Builds the prompts of a step, one for each id.
 *
 * @example
 * aPromptBatch(3, ['a', 'b'])
 */
export const aPromptBatch = (step = 0, ids: readonly string[] = ['p']): PromptBatch => ({
  step,
  prompts: ids.map((id) => aPrompt(id)),
})

/**
 * Builds a completion of `length` tokens, each sampled with log-probability -1.
 *
 * @units length in tokens
 * @example
 * aCompletion(5, { finish: 'length' })
 */
export const aCompletion = (length = 2, fields: Partial<Completion> = {}): Completion => ({
  tokens: Int32Array.from({ length }, (_, t) => t + 1),
  logprobs_T: new Float32Array(length).fill(-1),
  text: `${length} tokens`,
  finish: 'stop',
  version: 0,
  ...fields,
})

/**
 * Builds a group of two completions, the only group of step 0.
 *
 * @example
 * aGroup({ step: 3, groups: 2, index: 1 })
 */
export const aGroup = (fields: Partial<RolloutGroup> = {}): RolloutGroup => ({
  step: 0,
  groups: 1,
  index: 0,
  prompt: aPrompt(`p${fields.index ?? 0}`),
  completions: [aCompletion(2), aCompletion(3)],
  ...fields,
})

/**
 * Builds a reward; a positive one is correct.
 *
 * @example
 * aReward(1) // { value: 1, correct: true }
 */
export const aReward = (value: number): Reward => ({ value, correct: value > 0 })

/**
 * Builds the failure of a verifier that threw.
 *
 * @example
 * aFailure({ _tag: 'VerifierTimedOut', message: 'no verdict within 10 ms' })
 */
export const aFailure = (fields: Partial<VerifierFailure> = {}): VerifierFailure => ({
  _tag: 'VerifierThrew',
  message: 'Error: the verifier broke',
  ...fields,
})

/**
 * Builds a group with one completion for each reward; null stands for a verifier that failed. Completion g has g + 1
 * tokens.
 *
 * @example
 * aRewardedGroup([1, null, -1], { step: 3 })
 */
export const aRewardedGroup = (
  rewards: readonly (number | null)[] = [1, -1],
  fields: Partial<RolloutGroup> = {},
): RewardedGroup => ({
  ...aGroup({ completions: rewards.map((_, g) => aCompletion(g + 1)), ...fields }),
  rewards_G: rewards.map((value) => (value === null ? E.left(aFailure()) : E.right(aReward(value)))),
})

/**
 * Builds {@link aRewardedGroup} with advantages equal to the rewards, and NaN where the verifier failed.
 *
 * @example
 * anAdvantagedGroup([1, null]).advantages_G // [1, NaN]
 */
export const anAdvantagedGroup = (
  rewards: readonly (number | null)[] = [1, -1],
  fields: Partial<RolloutGroup> = {},
): AdvantagedGroup => ({
  ...aRewardedGroup(rewards, fields),
  advantages_G: rewards.map((value) => value ?? Number.NaN),
})
