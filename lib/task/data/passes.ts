import { shuffle } from '../../random/uniform.js'
import { sum } from '../../statistics.js'

/** Default number of rows that are in memory at the same time. A larger block is a window of its own. @units rows */
export const WINDOW = 2 ** 14

/** Position of a row: the number of its block, and its number among the rows of the split in that block. */
export interface Place {
  readonly block: number
  readonly row: number
}

/** Part of the random keys that separates the order of blocks from the order of rows. */
const [BLOCKS, ROWS] = [0, 1]

/**
 * Yields the order of endless passes over rows that lie in blocks, one window at a time, from any position on. A pass
 * has each row once.
 *
 *     blocks   [a b] [c] [d e] [f g]        sizes 2 1 2 2, window 3
 *     pass 0   f c g | d e | b a | pass 1   e ...          blocks in random order, then the rows of each window
 *
 * Random orders depend only on the seed and the pass. If all rows fit in one window, every order is equally likely.
 */
export function* passes(
  sizes: readonly number[],
  seed: number,
  from: number,
  window = WINDOW,
): Generator<readonly Place[]> {
  const total = sum(sizes)
  let left = from % total
  for (let pass = Math.floor(from / total); ; pass++) {
    const order = shuffle([...sizes.keys()], seed, BLOCKS, pass)
    for (const [number, blocks] of windows(order, sizes, window).entries()) {
      const count = sum(blocks.map((block) => sizes[block]!))
      const places = () =>
        blocks.flatMap((block) => Array.from({ length: sizes[block]! }, (_, row) => ({ block, row })))
      if (left < count) yield shuffle(places(), seed, ROWS, pass, number).slice(left)
      left = Math.max(0, left - count)
    }
  }
}

/** Groups blocks that follow each other into windows of at most `window` rows. Each window has at least one block. */
const windows = (
  order: readonly number[],
  sizes: readonly number[],
  window: number,
): readonly (readonly number[])[] => {
  const found: number[][] = []
  let room = -1
  for (const block of order) {
    room -= sizes[block]!
    if (room >= 0) found.at(-1)!.push(block)
    else {
      found.push([block])
      room = window - sizes[block]!
    }
  }
  return found
}
