/** Answer and correctness of one sample. */
export interface Sample {
  /** Text of the answer; null if the sample gave no answer or has no verdict. */
  readonly answer: string | null
  readonly correct: boolean
}

/**
 * Score of the majority answer to one question: maj@k, where k is the number of samples.
 *
 *     maj@k = (most frequent answers that are correct) / (most frequent answers)
 *
 * With one most frequent answer the score is 1 or 0. If several answers are most frequent, it is the chance that a random
 * choice among them is correct. Each sample without an answer counts as an incorrect answer of its own.
 * Correct answers count together, and so do incorrect ones that are the same by `isSame`; by default, texts must be
 * equal. The score is NaN without samples.
 */
export const majAtK = (
  samples: readonly Sample[],
  isSame: (answer: string, other: string) => boolean = () => false,
): number => {
  const answers: { readonly answer: string | null; readonly correct: boolean; count: number }[] = []
  for (const { answer, correct } of samples) {
    const known = answers.find(
      (other) =>
        answer !== null &&
        other.answer !== null &&
        other.correct === correct &&
        (other.answer === answer || (!correct && isSame(other.answer, answer))),
    )
    if (known === undefined) answers.push({ answer, correct, count: 1 })
    else known.count++
  }
  const largest = Math.max(...answers.map(({ count }) => count))
  const mostFrequent = answers.filter(({ count }) => count === largest)
  return mostFrequent.filter(({ correct }) => correct).length / mostFrequent.length
}
