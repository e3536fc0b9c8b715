/** Numbers of samples of one question. */
export interface QuestionCount {
  /** Number of samples, at least one. */
  readonly n: number
  /** Number of correct samples. */
  readonly c: number
}

/** Checks that n is an integer >= 1 and that c is an integer in 0..n. @errors RangeError that names the count */
export const checkCount = ({ n, c }: QuestionCount): void => {
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`samples: found ${n}, expected an integer >= 1`)
  if (!Number.isInteger(c) || c < 0 || c > n)
    throw new RangeError(`correct: found ${c}, expected an integer in 0..${n}`)
}
