import { uniform } from '../../random/uniform.js'
import { firstProblem, splitAt } from '../generated-prompts.js'
import type { Split } from '../task.js'
import { type Expression, operators, valueOf } from './expression.js'

/** Numbers that must each be used once, and the target that they must make. */
export interface Problem {
  readonly numbers: readonly number[]
  readonly target: number
}

/** Options of the problems. */
export interface ProblemOptions {
  /** Number of numbers in a problem. */
  readonly count: number
  /** Largest number; numbers are 1 .. largest. */
  readonly largest: number
  /** Largest target; targets are 1 .. highest. */
  readonly highest: number
}

/** Problem and one of its solutions. */
export interface SolvedProblem {
  readonly problem: Problem
  readonly solution: Expression
}

/**
 * Part of the random key that decides the split. It is not an option, because the bundled checkpoint was trained on the
 * train split of this key.
 */
const SPLITS = 20260426

/**
 * Returns the split of a problem. It depends on a hash of the sorted numbers and the target, so that the same numbers in
 * another order are in the same split.
 */
export const splitOf = ({ numbers, target }: Problem): Split =>
  splitAt(uniform(SPLITS, ...[...numbers].sort((a, b) => a - b), target))

/**
 * Returns the n-th problem of a split. It has a solution, because its target is the value of a random expression.
 *
 * @errors RangeError when the options leave the split without problems
 */
export const solvedProblem = (split: Split, options: ProblemOptions, seed: number, n: number): SolvedProblem => {
  const { count, largest, highest } = options
  const draft = (draw: () => number): SolvedProblem | null => {
    const numbers = Array.from({ length: count }, () => 1 + Math.floor(draw() * largest))
    const solution = randomExpression(numbers, draw)
    const value = valueOf(solution)
    if (value === null || value.denominator !== 1) return null
    const problem = { numbers, target: value.numerator }
    const fits = problem.target >= 1 && problem.target <= highest && splitOf(problem) === split
    return fits ? { problem, solution } : null
  }
  const task = `countdown with count ${count}, largest ${largest} and highest ${highest}`
  return firstProblem({ split, seed, n, draft, task })
}

/** Returns a random expression that uses every number once, in any order, with any operators and parentheses. */
export const randomExpression = (numbers: readonly number[], draw: () => number): Expression => {
  const rest = [...numbers]
  const shuffled = Array.from(numbers, () => rest.splice(Math.floor(draw() * rest.length), 1)[0]!)
  return randomTree(shuffled, draw)
}

const randomTree = (numbers: readonly number[], draw: () => number): Expression => {
  if (numbers.length === 1) return { number: numbers[0]! }
  const middle = 1 + Math.floor(draw() * (numbers.length - 1))
  const operator = operators[Math.floor(draw() * operators.length)]!
  return { operator, left: randomTree(numbers.slice(0, middle), draw), right: randomTree(numbers.slice(middle), draw) }
}
