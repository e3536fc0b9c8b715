import { median, ratiosOf, type TimedRun } from './measure.js'

/** Numbers of pairs of runs. */
export interface Pairs {
  /** Measured pairs. */
  readonly pairs: number
  /** Pairs before them that are not measured, because their first runs compile programs. */
  readonly warmup: number
}

/** Heading of the results of {@link compareInTurns}. */
export const turnsHeading = (own = 'ours', other = 'theirs'): readonly string[] => [
  `${own}, median s`,
  `${other}, median s`,
  ...['ratio, median', 'lowest', 'highest'],
]

/** Measures pairs of runs after unmeasured ones. Returns both medians, and median, lowest and highest ratio of the first to the second. */
export const compareInTurns = async (
  own: TimedRun,
  other: TimedRun,
  { pairs, warmup }: Pairs,
): Promise<readonly number[]> => {
  const times: (readonly [own: number, other: number])[] = []
  for (let n = 0; n < warmup + pairs; n++) times.push([await own(), await other()])
  const measured = times.slice(warmup)
  const [owns, others] = [measured.map(([seconds]) => seconds), measured.map(([, seconds]) => seconds)]
  return [median(owns), median(others), ...ratiosOf(owns, others)]
}
