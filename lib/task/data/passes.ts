import { shuffle } from '../../random/uniform.js'
import { sum } from '../../statistics.js'

/** Rows that are in memory together, unless one block holds more. */
export const WINDOW = 2 ** 14

/** The n-th usable row of a block. */
export interface Place {
  readonly block: number
  readonly row: number
}

/** Second part of the keys, which tells orders of blocks from orders of rows. */
const [BLOCKS, ROWS] = [0, 1]

/**
 * Endless passes over rows that lie in blocks, each row once a pass, from any position on, a window at a time.
 *
 *     blocks   [a b] [c] [d e] [f g]        sizes 2 1 2 2, window 3
 *     pass 0   f c g | d e | b a | pass 1   e ...          blocks in an order drawn by key, and the rows of a window
 *
 * Where all rows fit in one window, every order of them is as likely as any other.
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

/** Neighbours in the order, as many as hold no more rows than a window, and one at least. */
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
