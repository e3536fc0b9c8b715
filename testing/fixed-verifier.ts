import { of } from 'rxjs'
import type { Verifier } from '../lib/reward/verifier.js'
import type { Completion } from '../lib/rollout/completion.js'
import type { Prompt } from '../lib/rollout/prompt.js'
import { aReward } from './groups.js'

/** A verifier that answers at once: the same value for all, or one by rule; what is positive is correct. */
export const fixedVerifier =
  (value: number | ((completion: Completion, prompt: Prompt) => number)): Verifier =>
  (prompt, completion) =>
    of(aReward(typeof value === 'number' ? value : value(completion, prompt)))
