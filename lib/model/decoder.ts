import { add, gather, reshape, rmsNorm, rope, transpose } from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'
import type { DecoderConfig } from './decoder-config.js'
import { linear } from './layer/linear.js'
import { feedForward } from './layer/feed-forward.js'
import type { Parameters } from './parameters.js'
import type { Places } from './places.js'

/** How a layer's queries meet keys and values: over the row itself, or over a cache. @shape [B, H, T, D] -> same */
export type Attend = (layer: number, q: Node, k: Node, v: Node) => Node

/**
 * Decoder-only transformer of the Qwen3 family: pre-norm, grouped-query attention with normalised queries and keys,
 * rotary positions, SwiGLU. Written once; training, scoring, prefill and decode differ in positions and `attend`.
 *
 * @shape  tokens_BT [B, T] (int32) -> hidden [B * T, width], after the last norm
 * @source Qwen3 technical report, arXiv:2505.09388
 */
export const decoder = (
  config: DecoderConfig,
  parameters: Parameters<Node>,
  tokens_BT: Node,
  places: Places,
  attend: Attend,
): Node => {
  const [B, T] = tokens_BT.shape as [number, number]
  const { width, heads, kvHeads, headWidth, normEpsilon } = config
  const weight = (name: string) => required(parameters, `model.${name}.weight`)
  const byHead = (x: Node, count: number) => reshape(x, [B, T, count, headWidth])
  const headFirst = (x: Node) => transpose(x, [0, 2, 1, 3])
  const rotate = (x: Node) => rope(x, places.positions, { theta: config.ropeTheta, limit: places.limit, back: false })

  let hidden = reshape(gather(weight('embed_tokens'), tokens_BT), [B * T, width])
  for (let layer = 0; layer < config.layers; layer++) {
    const of = (name: string) => weight(`layers.${layer}.${name}`)
    const x = rmsNorm(hidden, of('input_layernorm'), normEpsilon)
    const q = rmsNorm(byHead(linear(x, of('self_attn.q_proj')), heads), of('self_attn.q_norm'), normEpsilon)
    const k = rmsNorm(byHead(linear(x, of('self_attn.k_proj')), kvHeads), of('self_attn.k_norm'), normEpsilon)
    const v = headFirst(byHead(linear(x, of('self_attn.v_proj')), kvHeads))
    const context = attend(layer, rotate(headFirst(q)), rotate(headFirst(k)), v)
    hidden = add(hidden, linear(reshape(headFirst(context), [B * T, heads * headWidth]), of('self_attn.o_proj')))
    const y = rmsNorm(hidden, of('post_attention_layernorm'), normEpsilon)
    hidden = add(
      hidden,
      feedForward(y, { gate: of('mlp.gate_proj'), up: of('mlp.up_proj'), down: of('mlp.down_proj') }),
    )
  }
  return rmsNorm(hidden, weight('norm'), normEpsilon)
}

/** Logits through the tied head. @shape hidden [n, width] -> [n, vocabulary] */
export const head = (parameters: Parameters<Node>, hidden: Node): Node =>
  linear(hidden, required(parameters, 'model.embed_tokens.weight'))

const required = (parameters: Parameters<Node>, name: string): Node => {
  const node = parameters.get(name)
  if (node === undefined) throw new RangeError(`the model has no weight ${name}`)
  return node
}
