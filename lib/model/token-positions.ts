import { iota } from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'

/** Positions of a program's tokens in their sequences. */
export interface TokenPositions {
  /** [B, T], or [1, T] if all rows have the same positions (int32). */
  readonly positions: Node
  /** Upper bound of the positions, exclusive. */
  readonly limit: number
}

/** Positions of rows that all begin at position 0. */
export const positionsFromStart = (length: number): TokenPositions => ({
  positions: iota([1, length]),
  limit: length,
})
