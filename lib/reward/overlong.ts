import { from, map } from 'rxjs'
import type { Verifier } from './reward.js'

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
export const overlong = (verifier: Verifier, { limit, cache, factor = 1 }: OverlongOptions): Verifier => {
  if (!(cache > 0 && cache <= limit))
    throw new RangeError(`overlong cache: found ${cache}, expected tokens in (0, ${limit}]`)
  return (prompt, completion) =>
    from(verifier(prompt, completion)).pipe(
      map((reward) => {
        const over = completion.tokens.length - (limit - cache)
        return { ...reward, value: reward.value + Math.min((-over / cache) * factor, 0) }
      }),
    )
}
