/** How the samples of one question did. */
export interface QuestionCount {
  /** Samples judged, at least one. */
  readonly n: number
  /** Of them correct. */
  readonly c: number
}

/** @errors RangeError naming the count */
export const checkCount = ({ n, c }: QuestionCount): void => {
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`samples: found ${n}, expected an integer >= 1`)
  if (!Number.isInteger(c) || c < 0 || c > n)
    throw new RangeError(`correct: found ${c}, expected an integer in 0..${n}`)
}
