import { from, map, type Observable, of } from 'rxjs'
import { rewardValue, type Verifier } from '../verifier.js'
import type { Fault, Reward, RewardScale } from '../../rollout/reward.js'
import { type Algebra, loadAlgebra } from './algebra.js'
import { isSameAnswer, withoutAlgebra } from './equal.js'
import { lastFormula, markedAnswer } from './final-answer.js'
import { readStructure } from './read-structure.js'
import { type Structure, textOf, valuesIn } from './structure.js'

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
 * {@link markedAnswer} describes where the answer is searched, and {@link isSameAnswer} which answers are the same. A
 * reference without a marked answer is itself the answer.
 *
 * A completion without an answer, or with an answer that cannot be read, is wrong, and `fault` says why. All right
 * answers have the same `answer` text. Equal wrong answers may have different texts.
 *
 * It computes in the calling thread. Expressions that would obviously take long are refused, but the algebra has no
 * time limit: `verifierInWorkers` adds one.
 *
 * @units  reward: 1, or -1 (signed scale) or 0 (binary scale)
 * @errors throws TypeError for a reference that cannot be read; rejects if the compute engine cannot be loaded
 * @example
 * const verify = mathVerifier()
 * verify({ ...prompt, reference: '1/2' }, { ...completion, text: 'so it is \\boxed{0.5}' }) // value 1, correct
 * verify({ ...prompt, reference: '1/2' }, { ...completion, text: 'no idea' }) // value -1, fault 'no-answer'
 */
export const mathVerifier =
  ({ rewardScale = 'signed', mustMark = false }: MathVerifierOptions = {}): Verifier =>
  ({ id, reference }, { text }) => {
    const gold = readStructure(markedAnswer(reference) ?? reference)
    if (gold === null) throw new TypeError(`reference of prompt ${id}: found ${reference}, expected an answer`)
    const right = (): Reward => ({ value: rewardValue(rewardScale, true), correct: true, answer: textOf(gold) })
    const wrong = (but: Pick<Reward, 'answer' | 'fault'>): Reward => ({
      value: rewardValue(rewardScale, false),
      correct: false,
      ...but,
    })
    const found = markedAnswer(text) ?? (mustMark ? null : lastFormula(text))
    if (found === null) return of(wrong({ fault: 'no-answer' }))
    const answer = readStructure(found)
    if (answer === null) return of(wrong({ fault: 'malformed' }))
    return compare(gold, answer).pipe(
      map(({ same, fault }) => (same ? right() : wrong({ answer: textOf(answer), ...(fault && { fault }) }))),
    )
  }

interface Comparison {
  readonly same: boolean
  readonly fault?: Fault
}

/** Compares two answers. It emits synchronously if no algebra is needed. */
const compare = (gold: Structure, answer: Structure): Observable<Comparison> => {
  const plain = withoutAlgebra()
  if (isSameAnswer(gold, answer, plain)) return of({ same: true })
  if (!plain.isNeeded) return of({ same: false })
  return from(loadAlgebra()).pipe(
    map((algebra) => {
      if (isSameAnswer(gold, answer, algebra)) return { same: true }
      return isReadable(answer, algebra) ? { same: false } : { same: false, fault: 'malformed' }
    }),
  )
}

const isReadable = (answer: Structure, algebra: Algebra): boolean =>
  valuesIn(answer).every(({ exact, isText, latex }) => exact !== null || isText || algebra.canRead(latex))
