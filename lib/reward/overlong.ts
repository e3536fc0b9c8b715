import { from, map, of } from 'rxjs'
import type { Completion } from '../rollout/completion.js'
import type { Verifier } from './verifier.js'

/** Lengths in tokens. */
export interface OverlongOptions {
  /** The longest completion allowed. */
  readonly limit: number
  /** Tokens before the limit over which the penalty grows. */
  readonly cache: number
  /** The penalty at the limit. */
  readonly factor?: number
}

/**
 * A verifier that makes long completions pay, softly:
 *
 *     reward + min( -(length - (limit - cache)) / cache factor, 0 )
 *
 * What is correct stays correct.
 *
 * @errors RangeError for a cache outside (0, limit]
 * @source DAPO, arXiv:2503.14476
 */
export const overlong = (verifier: Verifier, options: OverlongOptions): Verifier => {
  const penalty = penaltyOf(options)
  return (prompt, completion) =>
    from(verifier(prompt, completion)).pipe(map((reward) => ({ ...reward, value: reward.value + penalty(completion) })))
}

/**
 * The same penalty alone, a part of a {@link weighted} reward: 0 for what is short enough, which is correct.
 *
 * @errors RangeError for a cache outside (0, limit]
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
  return ({ tokens }) => {
    const over = tokens.length - (limit - cache)
    return over > 0 ? -(over / cache) * factor : 0
  }
}
