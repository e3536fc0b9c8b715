import { checkOption, nonNegative } from '../option.js'
import { from, map, of } from 'rxjs'
import type { Completion } from '../rollout/completion.js'
import type { Verifier } from './verifier.js'

/** Options of the length penalty. */
export interface OverlongOptions {
  /** Longest completion that is allowed. @units tokens */
  readonly limit: number
  /** Length of the range before the limit in which the penalty grows. @units tokens */
  readonly cache: number
  /** Penalty at the limit; 1 by default. @units reward */
  readonly factor?: number
}

/**
 * Verifier with soft overlong punishment: adds a penalty to the reward of long completions.
 *
 *     reward + min( -(length - (limit - cache)) / cache * factor, 0 )
 *
 * The penalty does not change `correct`.
 *
 * @units  lengths in tokens
 * @errors throws RangeError for a cache outside (0, limit], and for a factor that is no number >= 0
 * @source DAPO, arXiv:2503.14476
 * @example
 * overlong(mathVerifier(), { limit: 512, cache: 128 }) // 384 tokens: 0, 448 tokens: -0.5, 512 tokens: -1
 */
export const overlong = (verifier: Verifier, options: OverlongOptions): Verifier => {
  const penalty = penaltyOf(options)
  return (prompt, completion) =>
    from(verifier(prompt, completion)).pipe(map((reward) => ({ ...reward, value: reward.value + penalty(completion) })))
}

/**
 * Verifier that returns the penalty of {@link overlong} alone, for use as a part of a {@link weighted} reward. A
 * completion without penalty is correct.
 *
 * @units  lengths in tokens
 * @errors throws RangeError for a cache outside (0, limit]
 * @source DAPO, arXiv:2503.14476
 * @example
 * weighted({
 *   correctness: { verifier: mathVerifier() },
 *   overlong: { verifier: overlongPenalty({ limit: 512, cache: 128 }) },
 * })
 */
export const overlongPenalty = (options: OverlongOptions): Verifier => {
  const penalty = penaltyOf(options)
  return (_, completion) => {
    const value = penalty(completion)
    return of({ value, correct: value === 0 })
  }
}

const penaltyOf = ({ limit, cache, factor = 1 }: OverlongOptions): ((completion: Completion) => number) => {
  if (!(cache > 0 && cache <= limit))
    throw new RangeError(`overlong cache: found ${cache}, expected tokens in (0, ${limit}]`)
  checkOption('overlong factor', factor, nonNegative)
  return ({ tokens }) => {
    const over = tokens.length - (limit - cache)
    return over > 0 ? -(over / cache) * factor : 0
  }
}
