import { of } from 'rxjs'
import { isReadable, readAnswer } from './math/answer.js'
import { lastBoxed } from './math/final-answer.js'
import type { Verifier } from './verifier.js'

/**
 * Verifier of the form of a completion: the reward is 1 if the text matches the pattern or fulfils the condition,
 * otherwise 0.
 *
 * @example
 * format(/<think>.*<\/think>/s) // 1 for '<think>2 + 2</think> 4', 0 for '4'
 */
export const format = (form: RegExp | ((text: string) => boolean)): Verifier => {
  const holds = typeof form === 'function' ? form : matches(form)
  return (_, { text }) => {
    const correct = holds(text)
    return of({ value: correct ? 1 : 0, correct })
  }
}

const matches = (pattern: RegExp): ((text: string) => boolean) => {
  // A global or sticky pattern keeps the position of its last match between calls.
  const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
  return (text) => stateless.test(text)
}

/**
 * Returns whether the last `\boxed{}` of a text is closed and holds an answer, for {@link format}. An empty box, a box
 * that never closes, and a box with notation that cannot be read hold none.
 */
export const boxed = (text: string): boolean => {
  const found = lastBoxed(text, true)
  const answer = found === null ? null : readAnswer(found)
  return answer !== null && isReadable(answer)
}
