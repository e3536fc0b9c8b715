import type { Problem } from '#lib/task/countdown/problem.js'
import { valueWith } from '#lib/task/countdown/verify.js'

/** Whether the text makes the target of the numbers, each used once. */
export const solves = ({ numbers, target }: Problem, text: string): boolean => {
  const value = valueWith(numbers, text)
  return value !== null && value.denominator === 1 && value.numerator === target
}
