import { reshape, rope, transpose } from '../../compute/operation/index.js'
import type { Node } from '../../compute/program/node.js'
import type { DecoderConfig } from '../decoder-config.js'
import type { Places } from '../places.js'
import { ropeFrequencies } from '../rope-frequencies.js'

/** A layer's queries, keys and values. @shape q [N, H, D], k and v [N, K, D] */
export interface Heads {
  readonly q: Node
  readonly k: Node
  readonly v: Node
}

/** Tokens that make up B rows of T, and stand at these places. */
export interface Rows {
  /** As attention takes them, queries and keys rotated. @shape [B T, H, D] -> [B, H, T, D] */
  readonly split: (heads: Heads) => Heads
  /** What attention gives. @shape [B, H, T, D] -> [B T, H D] */
  readonly join: (context: Node) => Node
}

export const rowsOf = (config: DecoderConfig, B: number, T: number, places: Places): Rows => {
  const { heads, headWidth } = config
  const frequencies = ropeFrequencies(config)
  const headFirst = (x: Node) => transpose(reshape(x, [B, T, x.shape[1]!, headWidth]), [0, 2, 1, 3])
  const rotated = (x: Node) => rope(headFirst(x), places.positions, { frequencies, limit: places.limit, back: false })
  return {
    split: ({ q, k, v }) => ({ q: rotated(q), k: rotated(k), v: headFirst(v) }),
    join: (context) => reshape(transpose(context, [0, 2, 1, 3]), [B * T, heads * headWidth]),
  }
}
