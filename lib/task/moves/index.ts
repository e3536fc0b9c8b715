import { checkOptions, fraction, integerFrom } from '../../option.js'
import { sequence } from '../../random/sequence.js'
import { keyedUniform } from '../../random/uniform.js'
import type { Demonstration } from '../../rollout/demonstration.js'
import type { Prompt } from '../../rollout/prompt.js'
import { characterTokenizer } from '../../tokenizer/character-tokenizer.js'
import { checkPromptKey } from '../check-prompt-key.js'
import { generatedPrompts } from '../generated-prompts.js'
import type { GeneratedTask } from '../task.js'
import { type Move, moveText, pathText } from './path.js'
import { type Problem, type ProblemOptions, randomWalk, solvedProblem } from './problem.js'
import { verifier } from './verify.js'

/** Options of {@link moves}. */
export interface MovesOptions extends Partial<ProblemOptions> {
  /** Share of demonstrations that move at random, so that most end elsewhere; 0.3 by default. */
  readonly blind?: number
}

const rules = { steps: integerFrom(1), largest: integerFrom(1), highest: integerFrom(2), blind: fraction } as const

/** Part of the random key that separates random demonstrations from problems. */
const BLIND = 1

/**
 * Task of moves: reach a target from a start by three allowed moves, each as often as needed. The answer is a path with
 * its working: every move is followed by its result.
 *
 *     prompt  3>21 +5 *2 -1:      answers  +5=8*2=16+5=21, *2=6*2=12+5=17...      reward +1 right, -1 wrong
 *
 * The result of a move is near-certain for a policy that can calculate; the moves decide. So most tokens have little
 * entropy and a few have much. Many paths are right.
 *
 * @errors RangeError for an option that is no integer >= 1, a `highest` below 2, or a `blind` outside [0, 1]; from the source
 *         of prompts, for options that leave a split without problems
 * @example
 * const task = moves({ steps: 3 })
 */
export const moves = ({ steps = 5, largest = 20, highest = 99, blind = 0.3 }: MovesOptions = {}): GeneratedTask => {
  const options = { steps, largest, highest }
  checkOptions({ ...options, blind }, rules)
  const tokenizer = characterTokenizer('0123456789+-*=> :')
  const promptOf = (problem: Problem): Prompt => {
    const reference = referenceOf(problem)
    const text = `${reference}:`
    return { id: reference, text, tokens: tokenizer.encode(text), reference }
  }
  return {
    name: 'moves',
    tokenizer,
    rewardScale: 'signed',
    verifier: verifier(problemOf),
    // Operator, number, "=" and result of every move, and the end token.
    maxTokens: steps * (3 + String(highest).length) + 1,
    prompts: generatedPrompts((split, seed, n) => promptOf(solvedProblem(split, options, seed, n).problem)),
    demonstrations: (seed) => (n) => {
      checkPromptKey('train', seed, n)
      const { problem, solution } = solvedProblem('train', options, seed, n)
      const { start, moves: allowed } = problem
      const draw = sequence(keyedUniform(seed, n, -1, BLIND))
      const path = draw() < blind ? (randomWalk(start, allowed, options, draw) ?? solution) : solution
      const text = pathText(start, path)
      return {
        prompt: promptOf(problem),
        text,
        tokens: [...tokenizer.encode(text), tokenizer.ends[0]!],
      } satisfies Demonstration
    },
  }
}

const referenceOf = ({ start, target, moves: allowed }: Problem): string =>
  `${start}>${target} ${allowed.map(moveText).join(' ')}`

const problemOf = (reference: string): Problem => {
  const [ends = '', ...allowed] = reference.split(' ')
  const [start, target] = ends.split('>').map(Number) as [number, number]
  return {
    start,
    target,
    moves: allowed.map((text) => ({ operator: text[0] as Move['operator'], number: Number(text.slice(1)) })),
  }
}
