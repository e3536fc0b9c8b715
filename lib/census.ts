/** Summary of many numbers. Smallest, largest and mean are over the finite ones; null if there is none. */
export interface Census {
  readonly count: number
  readonly nan: number
  readonly infinite: number
  readonly min: number | null
  readonly max: number | null
  readonly mean: number | null
  /** Place of the first number that is not finite, in the order in which the numbers were added, from 0 on; null if all are. */
  readonly firstBad: number | null
}

/** Counts numbers that are added one array after the other, so that no large tensor is in memory as a whole. */
export interface Counting {
  readonly add: (values: ArrayLike<number>) => void
  readonly result: () => Census
}

/**
 * Starts a {@link Census}.
 *
 * @example
 * const counting = startCensus()
 * counting.add([1, NaN, 3])
 * counting.result().firstBad // 1
 */
export const startCensus = (): Counting => {
  let [count, nan, infinite, sum] = [0, 0, 0, 0]
  let [min, max] = [Infinity, -Infinity]
  let firstBad: number | null = null
  return {
    add: (values) => {
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!
        if (Number.isFinite(value)) {
          sum += value
          if (value < min) min = value
          if (value > max) max = value
        } else {
          firstBad ??= count + i
          if (Number.isNaN(value)) nan++
          else infinite++
        }
      }
      count += values.length
    },
    result: () => {
      const finite = count - nan - infinite
      const numbers = finite === 0 ? { min: null, max: null, mean: null } : { min, max, mean: sum / finite }
      return { count, nan, infinite, ...numbers, firstBad }
    },
  }
}
