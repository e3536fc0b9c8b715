import { iota } from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'

/** Where the tokens of a program stand in their sequences. */
export interface Places {
  /** [B, T], or [1, T] where every row's are the same (int32). */
  readonly positions: Node
  /** What positions are below. */
  readonly limit: number
}

/** Rows that all begin at position 0. */
export const fromStart = (length: number): Places => ({
  positions: iota([1, length]),
  limit: length,
})
