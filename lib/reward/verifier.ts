import type { ObservableInput } from 'rxjs'
import type { Completion } from '../rollout/completion.js'
import type { Prompt } from '../rollout/prompt.js'
import type { Reward, RewardScale } from '../rollout/reward.js'

/** Judges one completion; the first emitted reward is the verdict. */
export type Verifier = (prompt: Prompt, completion: Completion) => ObservableInput<Reward>

/** Returns 1 for a correct answer; for a wrong one, -1 on the `signed` scale and 0 on the `binary` scale. */
export const rewardValue = (scale: RewardScale, correct: boolean): number => (correct ? 1 : scale === 'signed' ? -1 : 0)
