import * as E from 'fp-ts/lib/Either.js'
import type { Reward, VerifierFailure } from '../lib/rollout/reward.js'
import type { Completion } from '../lib/rollout/completion.js'
import type { Prompt, PromptBatch } from '../lib/rollout/prompt.js'
import type { AdvantagedGroup, RewardedGroup, RolloutGroup } from '../lib/rollout/rollout-group.js'

/** A prompt of three tokens. */
export const aPrompt = (id = 'p', but: Partial<Prompt> = {}): Prompt => ({
  id,
  text: `text of ${id}`,
  tokens: [1, 2, 3],
  reference: `answer of ${id}`,
  ...but,
})

/** Batch number `batch` of the prompts with these ids. */
export const aPromptBatch = (batch = 0, ids: readonly string[] = ['p']): PromptBatch => ({
  step: batch,
  prompts: ids.map((id) => aPrompt(id)),
})

/** A completion of `length` tokens, each drawn with probability 1/e. */
export const aCompletion = (length = 2, but: Partial<Completion> = {}): Completion => ({
  tokens: Int32Array.from({ length }, (_, t) => t + 1),
  logprobs_T: new Float32Array(length).fill(-1),
  text: `${length} tokens`,
  finish: 'stop',
  version: 0,
  ...but,
})

/** Two completions of one prompt, the only group of batch 0. */
export const aGroup = (but: Partial<RolloutGroup> = {}): RolloutGroup => ({
  step: 0,
  groups: 1,
  index: 0,
  prompt: aPrompt(`p${but.index ?? 0}`),
  completions: [aCompletion(2), aCompletion(3)],
  ...but,
})

/** A reward; what is positive is correct. */
export const aReward = (value: number): Reward => ({ value, correct: value > 0 })

export const aFailure = (but: Partial<VerifierFailure> = {}): VerifierFailure => ({
  _tag: 'VerifierThrew',
  message: 'Error: the verifier broke',
  ...but,
})

/** A judged group with one completion per reward; null stands for a verifier that failed. */
export const aRewardedGroup = (
  rewards: readonly (number | null)[] = [1, -1],
  but: Partial<RolloutGroup> = {},
): RewardedGroup => ({
  ...aGroup({ completions: rewards.map((_, g) => aCompletion(g + 1)), ...but }),
  rewards_G: rewards.map((value) => (value === null ? E.left(aFailure()) : E.right(aReward(value)))),
})

/** The same with advantages equal to the rewards. */
export const anAdvantagedGroup = (
  rewards: readonly (number | null)[] = [1, -1],
  but: Partial<RolloutGroup> = {},
): AdvantagedGroup => ({
  ...aRewardedGroup(rewards, but),
  advantages_G: rewards.map((value) => value ?? Number.NaN),
})
