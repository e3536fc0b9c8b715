import { checkCount, type QuestionCount } from './question-count.js'

/**
 * Mean correctness of the samples of one question. The metric mean@k of a set is its mean over questions, where k is the
 * number of samples per question.
 *
 *     mean = c / n        n samples, c of them correct
 *
 * @errors RangeError if the counts are impossible
 * @example
 * meanAtK({ n: 4, c: 1 }) // 0.25
 */
export const meanAtK = (count: QuestionCount): number => {
  checkCount(count)
  return count.c / count.n
}
