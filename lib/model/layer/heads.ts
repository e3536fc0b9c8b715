import { reshape, rope, transpose } from '../../compute/operation/index.js'
import type { Node } from '../../compute/program/node.js'
import type { DecoderConfig } from '../decoder-config.js'
import { ropeFrequencies } from '../rope-frequencies.js'
import type { TokenPositions } from '../token-positions.js'

/** Queries, keys and values of one layer. @shape q [N, H, D], k and v [N, K, D] */
export interface Heads {
  readonly q: Node
  readonly k: Node
  readonly v: Node
}

/** Arrangement of a flat list of tokens in B rows of T tokens. */
export interface RowLayout {
  /** Splits the heads of a layer into rows for attention, and rotates queries and keys if the layer does. @shape [B T, H, D] -> [B, H, T, D] */
  readonly split: (layer: number, heads: Heads) => Heads
  /** Joins the rows of an attention output. @shape [B, H, T, D] -> [B T, H D] */
  readonly join: (context: Node) => Node
}

/** Creates the arrangement of tokens in B rows of T tokens at the given positions. */
export const createRowLayout = (config: DecoderConfig, B: number, T: number, at: TokenPositions): RowLayout => {
  const { heads, headWidth, noRopeLayers = [] } = config
  const frequencies = ropeFrequencies(config)
  const headFirst = (x: Node) => transpose(reshape(x, [B, T, x.shape[1]!, headWidth]), [0, 2, 1, 3])
  const rotate = (x: Node) => rope(headFirst(x), at.positions, { frequencies, limit: at.limit, back: false })
  return {
    split: (layer, { q, k, v }) => {
      const arrange = noRopeLayers.includes(layer) ? headFirst : rotate
      return { q: arrange(q), k: arrange(k), v: headFirst(v) }
    },
    join: (context) => reshape(transpose(context, [0, 2, 1, 3]), [B * T, heads * headWidth]),
  }
}
