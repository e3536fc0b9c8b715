/** Answer and correctness of one sample. */
export interface Sample {
  /** Answer in a form that can be compared; null if the sample gave no answer or has no verdict. */
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
 * The score is NaN without samples.
 */
export const majAtK = (samples: readonly Sample[]): number => {
  const counts = new Map<string, { count: number; readonly correct: boolean }>()
  let withoutAnswer = 0
  for (const { answer, correct } of samples) {
    if (answer === null) withoutAnswer++
    else {
      const known = counts.get(answer) ?? { count: 0, correct }
      known.count++
      counts.set(answer, known)
    }
  }
  const answers = [...counts.values(), ...Array.from({ length: withoutAnswer }, () => ({ count: 1, correct: false }))]
  const largest = Math.max(...answers.map(({ count }) => count))
  const mostFrequent = answers.filter(({ count }) => count === largest)
  return mostFrequent.filter(({ correct }) => correct).length / mostFrequent.length
}
