/** Weights of a vocabulary that are proportional to its probabilities. @shape [V], each in [0, 1] */
type Weights = Float64Array<ArrayBuffer>

/** Sets the weights outside top-k and top-p to 0. Weights of equal size are kept in the order of their tokens. */
export type Truncate = () => void

/** Number of bits of a weight below its bucket: a bucket holds the weights of one sixteenth of an octave. */
const BUCKET_SHIFT = 16
/** Bucket of weight 1, the largest. */
const LAST_BUCKET = 0x3ff00000 >>> BUCKET_SHIFT
/** Index of the 32-bit word with sign, exponent and first digits of a 64-bit number. */
const HIGH_WORD = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0

/**
 * Creates a truncation of weights between 0 and 1 to the `topK` largest, then to the smallest number of largest weights
 * whose sum reaches the share `topP` of all that are left. A `topK` of 0 and a `topP` of 1 have no effect.
 *
 * The weights are not sorted. They are counted in buckets by their leading bits, which have the order of the numbers; only the
 * bucket at the end of the kept weights is sorted. The same weights are kept as by sorting all of them, largest first.
 */
export const createTruncation = (weights: Weights, topK: number, topP: number): Truncate => {
  const limitsCount = topK > 0 && topK < weights.length
  if (!limitsCount && topP >= 1) return () => undefined
  const buckets = createBuckets(weights)
  return () => {
    if (limitsCount) keep(weights, largestOf(buckets, topK))
    if (topP < 1) keep(weights, nucleusOf(buckets, topP, limitsCount ? topK : weights.length))
  }
}

/** Smallest weight that is kept, and how many weights of exactly this size are. Larger weights are all kept. */
interface Cut {
  readonly threshold: number
  readonly ties: number
}

const keepAll: Cut = { threshold: 0, ties: Infinity }

/** Sets the weights beyond a cut to 0. */
const keep = (weights: Weights, { threshold, ties }: Cut): void => {
  let left = ties
  for (let v = 0; v < weights.length; v++) {
    const weight = weights[v]!
    if (weight > threshold) continue
    if (weight === threshold && left > 0) left--
    else weights[v] = 0
  }
}

/** Weights counted by their leading bits. The counts are those of the last call of `count`. */
interface Buckets {
  readonly counts: Uint32Array
  readonly sums: Float64Array
  /** Counts the weights and sums them for each bucket. */
  readonly count: () => void
  /** Returns the weights in the buckets from `first` to `last`, largest first. Weights of 0 are left out. */
  readonly descending: (first: number, last: number) => Float64Array
}

const createBuckets = (weights: Weights): Buckets => {
  const words = new Uint32Array(weights.buffer, weights.byteOffset, 2 * weights.length)
  const [counts, sums] = [new Uint32Array(LAST_BUCKET + 1), new Float64Array(LAST_BUCKET + 1)]
  const found = new Float64Array(weights.length)
  const bucketOf = (v: number) => words[2 * v + HIGH_WORD]! >>> BUCKET_SHIFT
  return {
    counts,
    sums,
    count: () => {
      counts.fill(0)
      sums.fill(0)
      for (let v = 0; v < weights.length; v++) {
        const bucket = bucketOf(v)
        counts[bucket]!++
        sums[bucket]! += weights[v]!
      }
    },
    descending: (first, last) => {
      let size = 0
      for (let v = 0; v < weights.length; v++) {
        const bucket = bucketOf(v)
        if (bucket >= first && bucket <= last && weights[v]! > 0) found[size++] = weights[v]!
      }
      return found.subarray(0, size).sort().reverse()
    },
  }
}

/** Cut that keeps the first `kept` of the weights, which are in descending order. */
const cutAfter = (descending: Float64Array, kept: number): Cut => {
  const threshold = descending[kept - 1]!
  let ties = 0
  while (ties < kept && descending[kept - 1 - ties] === threshold) ties++
  return { threshold, ties }
}

/** Cut that keeps the k largest weights. */
const largestOf = (buckets: Buckets, k: number): Cut => {
  buckets.count()
  let above = 0
  for (let bucket = LAST_BUCKET; bucket >= 0; bucket--) {
    const count = buckets.counts[bucket]!
    if (above + count < k) {
      above += count
      continue
    }
    const inBucket = buckets.descending(bucket, bucket)
    // Weights of 0 need no cut, because a weight beyond the cut becomes 0.
    return inBucket.length < k - above ? keepAll : cutAfter(inBucket, k - above)
  }
  return keepAll
}

/** Number of weights up to which all of them are sorted. */
const FEW = 2048

/** Largest relative error of the sum of one weight, in double precision. */
const UNIT = 2 ** -53

/**
 * Cut that keeps the fewest largest weights whose sum reaches the share p of all. At most `remaining` weights are above 0.
 *
 * The sums of buckets add the weights in another order than descending. Where their rounding could change the number of kept
 * weights, all weights are sorted and summed in descending order.
 */
const nucleusOf = (buckets: Buckets, p: number, remaining: number): Cut => {
  if (remaining <= FEW) return sortedNucleus(buckets, p)
  buckets.count()
  let total = 0
  for (let bucket = LAST_BUCKET; bucket >= 0; bucket--) total += buckets.sums[bucket]!
  const doubt = (4 * remaining + 8) * UNIT * total
  const target = p * total
  let sum = 0
  for (let bucket = LAST_BUCKET; bucket >= 0; bucket--) {
    const next = sum + buckets.sums[bucket]!
    if (next >= target - doubt) {
      const descending = buckets.descending(bucket, bucket)
      for (let i = 0; i < descending.length; i++) {
        sum += descending[i]!
        if (sum >= target + doubt) return cutAfter(descending, i + 1)
        if (sum > target - doubt) return sortedNucleus(buckets, p)
      }
    }
    sum = next
  }
  return sortedNucleus(buckets, p)
}

const sortedNucleus = (buckets: Buckets, p: number): Cut => {
  const descending = buckets.descending(0, LAST_BUCKET)
  let total = 0
  for (const weight of descending) total += weight
  let sum = 0
  let kept = 0
  while (kept < descending.length && sum < p * total) sum += descending[kept++]!
  return descending.length === 0 ? keepAll : cutAfter(descending, Math.max(1, kept))
}
