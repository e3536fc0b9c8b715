/** What one sample came to; null where it gave no answer, or has no verdict. */
export interface Sample {
  readonly answer: string | null
  readonly correct: boolean
}

/**
 * Whether the answer that most samples of one question give is right: maj@k, k being the samples given.
 *
 * Between answers that are given equally often chance decides: the share of them that are right. A sample without an
 * answer is one of its own, and wrong.
 */
export const majAtK = (samples: readonly Sample[]): number => {
  const counts = new Map<string, { count: number; readonly correct: boolean }>()
  let silent = 0
  for (const { answer, correct } of samples) {
    if (answer === null) silent++
    else {
      const known = counts.get(answer) ?? { count: 0, correct }
      known.count++
      counts.set(answer, known)
    }
  }
  const answers = [...counts.values(), ...Array.from({ length: silent }, () => ({ count: 1, correct: false }))]
  const most = Math.max(...answers.map(({ count }) => count))
  const best = answers.filter(({ count }) => count === most)
  return best.filter(({ correct }) => correct).length / best.length
}
