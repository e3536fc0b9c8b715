import { sum as sumOf } from '../../statistics.js'

/** Weights of a vocabulary that are proportional to its probabilities. @shape [V], each in [0, 1] */
type Weights = Float64Array<ArrayBuffer>

/**
 * Sets the weights outside top-k and top-p to 0, and returns the sum of the others. Weights of equal size are kept in the order
 * of their tokens. `total` is the sum of all weights. Both sums are in the order of the tokens.
 */
export type Truncate = (total: number) => number

/**
 * Creates a truncation of weights to the `topK` largest, then to the smallest number of largest weights whose sum reaches the
 * share `topP` of all that are left. A `topK` of 0 and a `topP` of 1 have no effect.
 *
 * The weights are not sorted: one pass finds the smallest weight that is kept, and another sets the others to 0. The same
 * weights are kept as by sorting all of them, largest first.
 */
export const createTruncation = (weights: Weights, topK: number, topP: number): Truncate => {
  if (topK > 0 && topK < weights.length) {
    const findLargest = createLargest(weights, topK)
    return () => {
      const descending = findLargest()
      return keep(weights, cutAfter(descending, topP < 1 ? nucleusSize(descending, topP) : descending.length))
    }
  }
  if (topP >= 1) return (total) => total
  const findNucleus = createNucleus(weights, topP)
  return (total) => keep(weights, findNucleus(total))
}

/** Smallest weight that is kept, and how many weights of exactly this size are. Larger weights are all kept. */
interface Cut {
  readonly threshold: number
  readonly ties: number
}

/** Cut that keeps the first `kept` of the weights, which are in descending order. */
const cutAfter = (descending: Float64Array, kept: number): Cut => {
  const threshold = descending[kept - 1] ?? 0
  let ties = 0
  while (ties < kept && descending[kept - 1 - ties] === threshold) ties++
  return { threshold, ties }
}

/**
 * Sets the weights beyond a cut to 0, and returns the sum of the others.
 *
 * The loop multiplies by 0 or 1 instead of branching, because a processor cannot predict which weights are kept: that takes a
 * fifth of the time.
 */
const keep = (weights: Weights, { threshold, ties }: Cut): number => {
  let sum = 0
  let equal = 0
  for (let v = 0; v < weights.length; v++) {
    const weight = weights[v]!
    const kept = weight * Number(weight >= threshold)
    weights[v] = kept
    sum += kept
    equal += Number(weight === threshold)
  }
  return equal === ties ? sum : dropLast(weights, threshold, equal - ties)
}

/** Sets the last `count` weights of one size to 0, and returns the sum of all. */
const dropLast = (weights: Weights, size: number, count: number): number => {
  let left = count
  for (let v = weights.length - 1; left > 0; v--)
    if (weights[v] === size) {
      weights[v] = 0
      left--
    }
  return sumOf(weights)
}

/**
 * Creates a function that returns the k largest weights in descending order.
 *
 * A weight that is not larger than k others before it is dropped at once. The others are collected, and sorted when there is
 * no more room for them.
 */
const createLargest = (weights: Weights, k: number): (() => Float64Array) => {
  const collected = new Float64Array(Math.min(weights.length, 2 * k + 256))
  return () => {
    let size = 0
    let least = -1
    for (let v = 0; v < weights.length; v++) {
      const weight = weights[v]!
      if (weight <= least) continue
      if (size === collected.length) {
        collected.sort().copyWithin(0, size - k)
        size = k
        least = collected[0]!
      }
      collected[size++] = weight
    }
    return collected.subarray(0, size).sort().reverse().subarray(0, k)
  }
}

/** Number of weights, in descending order, whose sum reaches the share p of all; at least one. */
const nucleusSize = (descending: Float64Array, p: number): number => {
  let total = 0
  for (let i = 0; i < descending.length; i++) total += descending[i]!
  let sum = 0
  let size = 0
  while (size < descending.length && sum < p * total) sum += descending[size++]!
  return Math.max(1, size)
}

/** Number of bits of a weight below its bucket: a bucket holds the weights of one sixteenth of an octave. */
const BUCKET_SHIFT = 16
/** Bucket of weight 1, the largest. */
const LAST_BUCKET = 0x3ff00000 >>> BUCKET_SHIFT
/** Index of the 32-bit word with sign, exponent and first digits of a 64-bit number. */
const HIGH_WORD = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0
/** Largest relative error of one addition in double precision. */
const UNIT = 2 ** -53

/**
 * Creates a function that returns the cut that keeps the fewest largest weights whose sum reaches the share p of all.
 *
 * All weights below (1 - p) / V of the sum are together less than the share 1 - p, so they are not needed. The others are summed
 * in buckets by their leading bits, which have the order of the numbers, and only the bucket in which the share is reached is
 * sorted. Sums of buckets add the weights in another order than descending. Where their rounding could change the number of kept
 * weights, all weights are sorted and summed in descending order.
 */
const createNucleus = (weights: Weights, p: number): ((total: number) => Cut) => {
  // The last place is for weights that are not kept.
  const large = new Float64Array(weights.length + 1)
  const words = new Uint32Array(large.buffer)
  const sums = new Float64Array(LAST_BUCKET + 1)
  const bySorting = () => {
    const descending = weights.slice().sort().reverse()
    return cutAfter(descending, nucleusSize(descending, p))
  }
  return (total) => {
    const floor = Math.max(Number.MIN_VALUE, ((1 - p) * total * (1 - 2 ** -20)) / weights.length)
    const doubt = (4 * weights.length + 8) * UNIT * total
    const target = p * total
    let size = 0
    for (let v = 0; v < weights.length; v++) {
      large[size] = weights[v]!
      size += Number(weights[v]! >= floor)
    }
    sums.fill(0)
    for (let i = 0; i < size; i++) sums[words[2 * i + HIGH_WORD]! >>> BUCKET_SHIFT]! += large[i]!
    let above = 0
    for (let bucket = LAST_BUCKET; bucket >= 0; bucket--) {
      const next = above + sums[bucket]!
      if (next >= target - doubt && sums[bucket]! > 0) {
        const descending = inBucket(large, words, size, bucket)
        let sum = above
        for (let i = 0; i < descending.length; i++) {
          sum += descending[i]!
          if (sum >= target + doubt) return cutAfter(descending, i + 1)
          if (sum > target - doubt) return bySorting()
        }
      }
      above = next
    }
    return bySorting()
  }
}

/** Returns the weights of one bucket in descending order. */
const inBucket = (large: Float64Array, words: Uint32Array, size: number, bucket: number): Float64Array => {
  const found: number[] = []
  for (let i = 0; i < size; i++) if (words[2 * i + HIGH_WORD]! >>> BUCKET_SHIFT === bucket) found.push(large[i]!)
  return Float64Array.from(found).sort().reverse()
}
