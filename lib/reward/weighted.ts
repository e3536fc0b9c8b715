import { forkJoin, from, map, take } from 'rxjs'
import type { Verifier } from './verifier.js'

/** A verifier, and how much what it says counts. */
export interface WeightedPart {
  readonly verifier: Verifier
  readonly weight?: number
}

/** Parts by name; `correctness` says what is correct, and the others are about how it is said. */
export interface WeightedParts {
  readonly correctness: WeightedPart
  readonly [name: string]: WeightedPart
}

/**
 * A reward made of parts:
 *
 *     value = sum_k weight_k value_k        weight 1 unless given
 *
 * What is correct, the answer and what it lacks are those of `correctness`; `parts` has every value before its weight.
 * Parts are judged side by side, and one that fails leaves the completion without a verdict.
 *
 *     weighted({
 *       correctness: { verifier: mathVerifier() },
 *       format: { verifier: format(boxed), weight: 0.1 },
 *       overlong: { verifier: overlongPenalty({ limit: 512, cache: 128 }) },
 *     })
 *
 * @errors RangeError for a weight that is no finite number
 */
export const weighted = (parts: WeightedParts): Verifier => {
  const named = Object.entries(parts)
  for (const [name, { weight = 1 }] of named)
    if (!Number.isFinite(weight)) throw new RangeError(`weight of ${name}: found ${weight}, expected a finite number`)
  return (prompt, completion) => {
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
}
