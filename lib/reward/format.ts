import { of } from 'rxjs'
import type { Verifier } from './verifier.js'

/**
 * Verifier of the form of a completion: the reward is 1 if the text matches the pattern, otherwise 0.
 *
 * @example
 * format(/<think>.*<\/think>/s) // 1 for '<think>2 + 2</think> 4', 0 for '4'
 */
export const format = (pattern: RegExp): Verifier => {
  // A global or sticky pattern keeps the position of its last match between calls.
  const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
  return (_, { text }) => {
    const correct = stateless.test(text)
    return of({ value: correct ? 1 : 0, correct })
  }
}

/** Pattern of a final answer in `\boxed{}`, for {@link format}. */
export const boxed = /\\boxed\s*\{/
