import { of } from 'rxjs'
import type { Verifier } from './verifier.js'

/** Whether the text of a completion has the form asked for: 1 where the pattern is found in it, 0 elsewhere. */
export const format = (pattern: RegExp): Verifier => {
  // Global and sticky patterns remember where they were.
  const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
  return (_, { text }) => {
    const correct = stateless.test(text)
    return of({ value: correct ? 1 : 0, correct })
  }
}

/** A final answer in a box. */
export const boxed = /\\boxed\s*\{/
