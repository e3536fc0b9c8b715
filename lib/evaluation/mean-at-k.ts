import { checkCount, type QuestionCount } from './question-count.js'

/**
 * Mean correctness of one question's samples; mean@k of a set is its mean over questions, k being the samples of each.
 *
 *     mean = c / n
 *
 * @errors RangeError for counts that cannot be
 */
export const meanAtK = (count: QuestionCount): number => {
  checkCount(count)
  return count.c / count.n
}
