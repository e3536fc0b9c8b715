import { checkCount, type QuestionCount } from './question-count.js'

/**
 * Unbiased estimate of the chance that at least one of k samples is correct, from n >= k samples of which c are correct.
 *
 *     pass@k = 1 - C(n - c, k) / C(n, k) = 1 - prod_{i = n-c+1}^{n} (1 - k / i)
 *
 * The code uses the product, which stays in [0, 1]; the binomials would overflow.
 *
 * @errors RangeError if the counts are impossible, or if k is not an integer in 1..n
 * @source Chen et al., arXiv:2107.03374
 * @example
 * passAtK({ n: 4, c: 1 }, 2) // 0.5
 */
export const passAtK = (count: QuestionCount, k: number): number => {
  checkCount(count)
  const { n, c } = count
  if (!Number.isInteger(k) || k < 1 || k > n) throw new RangeError(`k: found ${k}, expected an integer in 1..${n}`)
  if (n - c < k) return 1
  let allWrong = 1
  for (let i = n - c + 1; i <= n; i++) allWrong *= 1 - k / i
  return 1 - allWrong
}
