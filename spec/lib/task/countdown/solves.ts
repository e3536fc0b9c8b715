import type { Problem } from '#lib/task/countdown/problem.js'
import { valueWith } from '#lib/task/countdown/verify.js'

/** Returns whether a text reaches the target with each number used once. */
export const solves = ({ numbers, target }: Problem, text: string): boolean => {
  const value = valueWith(numbers, text)
  return value !== null && value.denominator === 1 && value.numerator === target
}
