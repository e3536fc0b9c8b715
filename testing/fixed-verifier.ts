import { of } from 'rxjs'
import type { Verifier } from '../lib/reward/verifier.js'
import type { Completion } from '../lib/rollout/completion.js'
import type { Prompt } from '../lib/rollout/prompt.js'
import { aReward } from './groups.js'

/**
 * Creates a verifier that answers at once: with one reward for all completions, or with the result of a function. A
 * positive reward is correct.
 *
 *     verifier( prompt, completion )    (r|)
 *
 * @example
 * reward(fixedVerifier(({ tokens }) => (tokens.length === 2 ? 1 : -1)))
 */
export const fixedVerifier =
  (value: number | ((completion: Completion, prompt: Prompt) => number)): Verifier =>
  (prompt, completion) =>
    of(aReward(typeof value === 'number' ? value : value(completion, prompt)))
