import { uniform } from '../../random/uniform.js'
import { firstProblem, splitAt } from '../generated-prompts.js'
import type { Split } from '../task.js'
import { apply, type Move, operators } from './path.js'

/** Start, allowed moves, and the target that they must lead to. */
export interface Problem {
  readonly start: number
  readonly target: number
  readonly moves: readonly Move[]
}

/** Options of the problems. */
export interface ProblemOptions {
  /** Largest number of moves between start and target. */
  readonly steps: number
  /** Largest start; starts are 1 .. largest. */
  readonly largest: number
  /** Largest number on the way to the target; numbers on the way are 1 .. highest. */
  readonly highest: number
}

/** Problem and one of its solutions. */
export interface SolvedProblem {
  readonly problem: Problem
  readonly solution: readonly Move[]
}

/**
 * Part of the random key that decides the split. It is not an option, because the bundled checkpoint was trained on the
 * train split of this key.
 */
const SPLITS = 20260427

/** Returns the split of a problem. It depends on a hash of the start, the target and the moves. */
export const splitOf = ({ start, target, moves }: Problem): Split =>
  splitAt(uniform(SPLITS, start, target, ...moves.map(({ number }) => number)))

/**
 * Returns the n-th problem of a split. It has a solution, because its target is the end of a random walk.
 *
 * @errors RangeError when the options leave the split without problems
 */
export const solvedProblem = (split: Split, options: ProblemOptions, seed: number, n: number): SolvedProblem => {
  const draft = (draw: () => number): SolvedProblem | null => {
    const start = integerIn(1, options.largest, draw)
    const moves = operators.map((operator) => ({ operator, number: integerIn(2, LARGEST_NUMBER[operator], draw) }))
    const solution = randomWalk(start, moves, options, draw)
    if (solution === null) return null
    const problem = { start, target: solution.reduce(apply, start), moves }
    return splitOf(problem) === split ? { problem, solution } : null
  }
  const { steps, largest, highest } = options
  const task = `moves with steps ${steps}, largest ${largest} and highest ${highest}`
  return firstProblem({ split, seed, n, draft, task })
}

/** Largest number of each move. */
const LARGEST_NUMBER = { '+': 9, '*': 3, '-': 9 } as const satisfies Record<Move['operator'], number>

/** Smallest number of moves of a walk, unless the options allow fewer: a target one move away needs no plan. */
const FEWEST_STEPS = 2

/**
 * Returns a random path of at most `steps` moves that stays in 1 .. highest and visits no number twice; null if it gets
 * stuck. Each move is drawn from those that are possible.
 */
export const randomWalk = (
  start: number,
  moves: readonly Move[],
  { steps, highest }: ProblemOptions,
  draw: () => number,
): readonly Move[] | null => {
  const length = integerIn(Math.min(FEWEST_STEPS, steps), steps, draw)
  const visited = [start]
  const walk: Move[] = []
  while (walk.length < length) {
    const at = visited.at(-1)!
    const possible = moves.filter((move) => {
      const next = apply(at, move)
      return next >= 1 && next <= highest && !visited.includes(next)
    })
    const move = possible[Math.floor(draw() * possible.length)]
    if (move === undefined) return null
    walk.push(move)
    visited.push(apply(at, move))
  }
  return walk
}

const integerIn = (least: number, most: number, draw: () => number): number =>
  least + Math.floor(draw() * (most - least + 1))
