import { sequence } from '../../random/sequence.js'
import { keyedUniform } from '../../random/uniform.js'
import type { Demonstration } from '../../rollout/demonstration.js'
import type { Prompt } from '../../rollout/prompt.js'
import { characterTokenizer } from '../../tokenizer/character-tokenizer.js'
import { checkOptions, fraction, integerFrom } from '../../option.js'
import { checkPromptKey } from '../check-prompt-key.js'
import { generatedPrompts } from '../generated-prompts.js'
import type { GeneratedTask } from '../task.js'
import { textOf } from './expression.js'
import { type Problem, type ProblemOptions, randomExpression, solvedProblem } from './problem.js'
import { verifier } from './verify.js'

/** Options of {@link countdown}. */
export interface CountdownOptions extends Partial<ProblemOptions> {
  /** Share of demonstrations that combine the numbers at random, so that most are wrong; 0.4 by default. */
  readonly blind?: number
}

const rules = { count: integerFrom(1), largest: integerFrom(1), highest: integerFrom(1), blind: fraction } as const

/** Part of the random key that separates random demonstrations from problems. */
const BLIND = 1

/**
 * Countdown task: reach a target from given numbers with + - * / and parentheses. Each number is used once.
 *
 *     prompt  3 5 7=56:      answers  7*(3+5), (5+3)*7, ...      reward +1 right, -1 wrong
 *
 * Many answers are right, so a policy can be right and still have a high entropy.
 *
 * @errors RangeError for an option that is no integer >= 1, or a `blind` outside [0, 1]; from the source of prompts, for
 *         options that leave a split without problems
 * @example
 * const task = countdown({ count: 4, largest: 20 })
 */
export const countdown = ({
  count = 3,
  largest = 15,
  highest = 99,
  blind = 0.4,
}: CountdownOptions = {}): GeneratedTask => {
  const options = { count, largest, highest }
  checkOptions({ ...options, blind }, rules)
  const tokenizer = characterTokenizer('0123456789+-*/()= :')
  const promptOf = (problem: Problem): Prompt => {
    const reference = referenceOf(problem)
    const text = `${reference}:`
    return { id: idOf(problem), text, tokens: tokenizer.encode(text), reference }
  }
  return {
    name: 'countdown',
    tokenizer,
    rewardScale: 'signed',
    verifier: verifier(problemOf),
    // The numbers, the operators between them, a pair of parentheses for all operators but one, and the end token.
    maxTokens: count * String(largest).length + (count - 1) + 2 * Math.max(0, count - 2) + 1,
    prompts: generatedPrompts((split, seed, n) => promptOf(solvedProblem(split, options, seed, n).problem)),
    demonstrations: (seed) => (n) => {
      checkPromptKey('train', seed, n)
      const { problem, solution } = solvedProblem('train', options, seed, n)
      const draw = sequence(keyedUniform(seed, n, -1, BLIND))
      const text = textOf(draw() < blind ? randomExpression(problem.numbers, draw) : solution)
      return {
        prompt: promptOf(problem),
        text,
        tokens: [...tokenizer.encode(text), tokenizer.ends[0]!],
      } satisfies Demonstration
    },
  }
}

const referenceOf = ({ numbers, target }: Problem): string => `${numbers.join(' ')}=${target}`

/** Identifier of a problem. It does not depend on the order of the numbers. */
const idOf = ({ numbers, target }: Problem): string =>
  referenceOf({ numbers: [...numbers].sort((a, b) => a - b), target })

const problemOf = (reference: string): Problem => {
  const [numbers = '', target] = reference.split('=')
  return { numbers: numbers.split(' ').map(Number), target: Number(target) }
}
