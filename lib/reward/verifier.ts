import type { ObservableInput } from 'rxjs'
import type { Completion } from '../rollout/completion.js'
import type { Prompt } from '../rollout/prompt.js'
import type { Reward, RewardScale } from '../rollout/reward.js'

/** Computes the reward of one completion. The first reward that it emits counts. */
export type Verifier = (prompt: Prompt, completion: Completion) => ObservableInput<Reward>

/** Reward of an answer: 1 if it is correct; otherwise -1 on the `signed` scale and 0 on the `binary` scale. */
export const rewardValue = (scale: RewardScale, correct: boolean): number => (correct ? 1 : scale === 'signed' ? -1 : 0)
