import { from, map, type Observable, of } from 'rxjs'
import { rewardValue, type Verifier } from '../verifier.js'
import type { Fault, Reward, RewardScale } from '../../rollout/reward.js'
import { type Algebra, loadAlgebra } from './algebra.js'
import { isSameAnswer, withoutAlgebra } from './equal.js'
import { lastFormula, markedAnswer } from './final-answer.js'
import { readStructure } from './read-structure.js'
import { type Structure, textOf, valuesIn } from './structure.js'

export interface MathVerifierOptions {
  /** Right is 1; wrong is -1 on the signed scale, 0 on the binary one. */
  readonly rewardScale?: RewardScale
  /** Whether an answer must be marked to count; otherwise the last formula or number does where none is. */
  readonly mustMark?: boolean
}

/**
 * Compares the final answer of a completion with that of the reference, as mathematics: {@link markedAnswer} says where an
 * answer is looked for, {@link isSameAnswer} which ones are the same. A reference that marks no answer is one.
 *
 * A completion without an answer, or with one that cannot be read, is wrong and says so in its `fault`. Answers that are
 * right share one `answer`; wrong ones that are equal may be written in two ways.
 *
 * It computes in the calling thread. What would take long is not worked out, but nothing here cuts the algebra short:
 * `verifierInWorkers` does.
 *
 * @errors an exception for a reference that cannot be read; it rejects where the compute engine cannot be loaded
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
    return compared(gold, answer).pipe(
      map(({ same, fault }) => (same ? right() : wrong({ answer: textOf(answer), ...(fault && { fault }) }))),
    )
  }

interface Compared {
  readonly same: boolean
  readonly fault?: Fault
}

/** At once where no algebra is needed. */
const compared = (gold: Structure, answer: Structure): Observable<Compared> => {
  const plain = withoutAlgebra()
  if (isSameAnswer(gold, answer, plain)) return of({ same: true })
  if (!plain.asked) return of({ same: false })
  return from(loadAlgebra()).pipe(
    map((algebra) => {
      if (isSameAnswer(gold, answer, algebra)) return { same: true }
      return isReadable(answer, algebra) ? { same: false } : { same: false, fault: 'malformed' }
    }),
  )
}

const isReadable = (answer: Structure, algebra: Algebra): boolean =>
  valuesIn(answer).every(({ exact, isText, latex }) => exact !== null || isText || algebra.canRead(latex))
