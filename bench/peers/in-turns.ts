import { median, ratiosOf } from '../measure.js'
import type { Peer } from './peer.js'

/** Numbers of pairs of runs. */
export interface Pairs {
  /** Measured pairs. */
  readonly pairs: number
  /** Pairs before them that are not measured, because their first runs compile programs. */
  readonly warmup: number
}

/** Heading of the results of {@link compareInTurns}. */
export const turnsHeading = ['ours, median s', 'theirs, median s', 'ratio, median', 'lowest', 'highest']

/** Measures pairs of runs after unmeasured ones. Returns both medians, and median, lowest and highest ratio. */
export const compareInTurns = async (
  ours: () => Promise<unknown>,
  peer: Peer,
  { pairs, warmup }: Pairs,
): Promise<readonly number[]> => {
  const [own, theirs]: [number[], number[]] = [[], []]
  for (let n = -warmup; n < pairs; n++) {
    const start = performance.now()
    await ours()
    const ownSeconds = (performance.now() - start) / 1000
    const { seconds } = await peer.run()
    if (n < 0) continue
    own.push(ownSeconds)
    theirs.push(seconds)
  }
  return [median(own), median(theirs), ...ratiosOf(own, theirs)]
}
