import { forkJoin, from, map, take } from 'rxjs'
import type { Verifier } from './verifier.js'

/** Verifier and the weight of its reward. */
export interface WeightedPart {
  readonly verifier: Verifier
  /** Factor of the reward; 1 by default. */
  readonly weight?: number
}

/**
 * Parts of a reward by name. `correctness` decides whether a completion is correct, and the others only change the
 * reward.
 */
export interface WeightedParts {
  readonly correctness: WeightedPart
  readonly [name: string]: WeightedPart
}

/**
 * Verifier whose reward is a weighted sum of parts:
 *
 *     value = sum_k weight_k value_k        weight 1 by default
 *
 * `correct`, `answer` and `fault` of the reward are those of the part `correctness`. Its `parts` hold the value of
 * every part before it is weighted. All parts are computed at the same time, and if one fails, the whole verifier
 * fails. It can read a reference if all parts can.
 *
 * @errors throws RangeError for a weight that is not a finite number
 * @example
 * weighted({
 *   correctness: { verifier: mathVerifier() },
 *   format: { verifier: format(boxed), weight: 0.1 },
 *   overlong: { verifier: overlongPenalty({ limit: 512, cache: 128 }) },
 * })
 */
export const weighted = (parts: WeightedParts): Verifier => {
  const named = Object.entries(parts)
  for (const [name, { weight = 1 }] of named)
    if (!Number.isFinite(weight)) throw new RangeError(`weight of ${name}: found ${weight}, expected a finite number`)
  const verify: Verifier = (prompt, completion) => {
    const verdicts = named.map(
      ([name, { verifier }]) => [name, from(verifier(prompt, completion)).pipe(take(1))] as const,
    )
    return forkJoin(Object.fromEntries(verdicts)).pipe(
      map((rewards) => {
        const { correct, answer, fault } = rewards['correctness']!
        return {
          value: named.reduce((sum, [name, { weight = 1 }]) => sum + weight * rewards[name]!.value, 0),
          correct,
          ...(answer === undefined ? {} : { answer }),
          ...(fault === undefined ? {} : { fault }),
          parts: Object.fromEntries(named.map(([name]) => [name, rewards[name]!.value])),
        }
      }),
    )
  }
  return Object.assign(verify, {
    canRead: (reference: string) => named.every(([, { verifier }]) => verifier.canRead?.(reference) ?? true),
  })
}
