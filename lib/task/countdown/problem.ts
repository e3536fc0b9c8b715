import { keyedUniform, uniform } from '../../random/uniform.js'
import type { Split } from '../task.js'
import { type Expression, operators, valueOf } from './expression.js'

/** Numbers to use once each, and what to make of them. */
export interface Problem {
  readonly numbers: readonly number[]
  readonly target: number
}

export interface ProblemOptions {
  /** How many numbers a problem has. */
  readonly count: number
  /** Numbers are 1 .. largest. */
  readonly largest: number
  /** Targets are 1 .. highest. */
  readonly highest: number
}

/** A problem and one of its solutions. */
export interface Solved {
  readonly problem: Problem
  readonly solution: Expression
}

/** First part of the key that decides the split: not a setting, since a checkpoint has seen the train split of this one. */
const SPLITS = 20260426

/**
 * The split of a problem, by hash of its sorted numbers and its target, so that the order of the numbers cannot leak one:
 * 80% train, 10% tune, 10% test.
 */
export const splitOf = ({ numbers, target }: Problem): Split => {
  const place = uniform(SPLITS, ...[...numbers].sort((a, b) => a - b), target)
  return place < 0.8 ? 'train' : place < 0.9 ? 'tune' : 'test'
}

/** The n-th problem of a split, solvable by construction: its target is the value of an expression drawn first. */
export const solvedProblem = (split: Split, options: ProblemOptions, seed: number, n: number): Solved => {
  for (let attempt = 0; ; attempt++) {
    const draw = sequence(keyedUniform(seed, n, attempt))
    const numbers = Array.from({ length: options.count }, () => 1 + Math.floor(draw() * options.largest))
    const solution = randomExpression(numbers, draw)
    const value = valueOf(solution)
    if (value === null || value.denominator !== 1) continue
    const problem = { numbers, target: value.numerator }
    if (problem.target >= 1 && problem.target <= options.highest && splitOf(problem) === split)
      return { problem, solution }
  }
}

/** Every number once, in any order, with any operators and parentheses. */
export const randomExpression = (numbers: readonly number[], draw: () => number): Expression => {
  const rest = [...numbers]
  const taken = Array.from(numbers, () => rest.splice(Math.floor(draw() * rest.length), 1)[0]!)
  return joined(taken, draw)
}

const joined = (numbers: readonly number[], draw: () => number): Expression => {
  if (numbers.length === 1) return { number: numbers[0]! }
  const middle = 1 + Math.floor(draw() * (numbers.length - 1))
  const operator = operators[Math.floor(draw() * operators.length)]!
  return { operator, left: joined(numbers.slice(0, middle), draw), right: joined(numbers.slice(middle), draw) }
}

/** The draws of a key one after the other. */
export const sequence = (draw: (place: number) => number): (() => number) => {
  let place = 0
  return () => draw(place++)
}
