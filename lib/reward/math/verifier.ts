import { of } from 'rxjs'
import type { Reward, RewardScale } from '../../rollout/reward.js'
import { rewardValue, type Verifier } from '../verifier.js'
import { isAnswer, isReadable, readAnswer } from './answer.js'
import { isSameAnswer } from './equal.js'
import { finalAnswer, markedAnswer } from './final-answer.js'
import { readStructure } from './read-structure.js'
import { textOf } from './structure.js'

/** Options of {@link mathVerifier}. */
export interface MathVerifierOptions {
  /**
   * Reward of a wrong answer: -1 on the `signed` scale, the default, and 0 on the `binary` scale. A right answer is 1.
   */
  readonly rewardScale?: RewardScale
  /**
   * True if a completion without a marked answer is wrong. By default it is false, and the last formula or number of
   * such a completion is its answer.
   */
  readonly mustMark?: boolean
}

/**
 * Verifier of mathematics: compares the final answer of a completion with the reference answer.
 *
 * {@link finalAnswer} describes where the answer is searched, and {@link isSameAnswer} which answers are the same. A
 * reference without a marked answer is itself the answer.
 *
 * A completion without an answer, or with an answer that cannot be read or that the length limit cut, is wrong, and
 * `fault` says why. All right answers have the same `answer` text.
 *
 * It computes in the calling thread. The work on one answer is bounded; `verifierInWorkers` adds a limit of time.
 *
 * @units  reward: 1, or -1 (signed scale) or 0 (binary scale)
 * @errors throws TypeError for a reference that cannot be read; `canRead` of the verifier tells beforehand
 * @example
 * const verify = mathVerifier()
 * verify({ ...prompt, reference: '1/2' }, { ...completion, text: 'so it is \\boxed{0.5}' }) // value 1, correct
 * verify({ ...prompt, reference: '1/2' }, { ...completion, text: 'no idea' }) // value -1, fault 'no-answer'
 */
export const mathVerifier = ({ rewardScale = 'signed', mustMark = false }: MathVerifierOptions = {}): Verifier => {
  const verify: Verifier = ({ id, reference }, { text, finish }) => {
    const gold = readAnswer(markedAnswer(reference) ?? reference)
    if (gold === null) throw new TypeError(`reference of prompt ${id}: found ${reference}, expected an answer`)
    const wrong = (but: Pick<Reward, 'answer' | 'fault'>): Reward => ({
      value: rewardValue(rewardScale, false),
      correct: false,
      ...but,
    })
    const found = finalAnswer(text, finish === 'length')
    if (found === null || (mustMark && !found.isMarked)) return of(wrong({ fault: 'no-answer' }))
    const answer = found.isCut ? null : readStructure(found.text)
    if (answer === null) return of(wrong({ fault: 'malformed' }))
    return of<Reward>(
      isSameAnswer(gold, answer)
        ? { value: rewardValue(rewardScale, true), correct: true, answer: textOf(gold) }
        : wrong({ answer: textOf(answer), ...(isReadable(answer) ? {} : { fault: 'malformed' }) }),
    )
  }
  return Object.assign(verify, { canRead: isReference })
}

/** Returns whether the answer of a reference can be compared with others. */
export const isReference = (reference: string): boolean => isAnswer(markedAnswer(reference) ?? reference)
