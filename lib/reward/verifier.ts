import type { ObservableInput } from 'rxjs'
import type { Completion } from '../rollout/completion.js'
import type { Prompt } from '../rollout/prompt.js'
import type { Reward, RewardScale } from '../rollout/reward.js'

/** Computes the reward of one completion. The first reward that it emits counts. */
export interface Verifier {
  (prompt: Prompt, completion: Completion): ObservableInput<Reward>
  /**
   * Returns whether completions can be compared with a reference. A data set reports the rows whose reference cannot be
   * read as broken. Without it, every reference counts as readable.
   */
  readonly canRead?: (reference: string) => boolean
}

/** Reward of an answer: 1 if it is correct; otherwise -1 on the `signed` scale and 0 on the `binary` scale. */
export const rewardValue = (scale: RewardScale, correct: boolean): number => (correct ? 1 : scale === 'signed' ? -1 : 0)
