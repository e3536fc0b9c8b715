import { add, gather, reshape, rmsNorm } from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'
import type { DecoderConfig } from './decoder-config.js'
import { feedForward } from './layer/feed-forward.js'
import type { Heads } from './layer/heads.js'
import { linear, type Weight } from './layer/linear.js'
import type { Parameters } from './parameters.js'
import { scaleName } from './quantized-names.js'

/** What a decoder makes of its tokens. */
export interface Decoded {
  /** After the last norm. @shape [N, width] */
  readonly hidden: Node
  /** What each layer reads, and at last the norm. @shape [N, width] each */
  readonly stream: readonly Node[]
}

/**
 * How a layer's queries meet keys and values. It knows which tokens stand in one sequence, and where.
 *
 * @shape heads of N tokens -> [N, H D]
 */
export type Attend = (layer: number, heads: Heads) => Node

/**
 * Decoder-only transformer of the Qwen3 family: pre-norm, grouped-query attention with normalised queries and keys,
 * rotary positions, SwiGLU. Written once, over any list of tokens: only `attend` knows how they make up sequences, and
 * training, scoring, prefill and decode differ in that alone. A projection that comes with scales is in eight bits.
 *
 * @shape  tokens_N [N] (int32) -> hidden [N, width]
 * @source Qwen3 technical report, arXiv:2505.09388
 */
export const decoder = (
  config: DecoderConfig,
  parameters: Parameters<Node>,
  tokens_N: Node,
  attend: Attend,
): Decoded => {
  const [N] = tokens_N.shape as [number]
  const { heads, kvHeads, headWidth, normEpsilon } = config
  const weight = (name: string) => required(parameters, `model.${name}.weight`)
  const byHead = (x: Node, count: number) => reshape(x, [N, count, headWidth])

  let hidden = gather(weight('embed_tokens'), tokens_N)
  const stream: Node[] = [hidden]
  for (let layer = 0; layer < config.layers; layer++) {
    const of = (name: string) => weight(`layers.${layer}.${name}`)
    const projection = (name: string) => projectionOf(parameters, `model.layers.${layer}.${name}.weight`)
    const x = rmsNorm(hidden, of('input_layernorm'), normEpsilon)
    const q = rmsNorm(byHead(linear(x, projection('self_attn.q_proj')), heads), of('self_attn.q_norm'), normEpsilon)
    const k = rmsNorm(byHead(linear(x, projection('self_attn.k_proj')), kvHeads), of('self_attn.k_norm'), normEpsilon)
    const v = byHead(linear(x, projection('self_attn.v_proj')), kvHeads)
    hidden = add(hidden, linear(attend(layer, { q, k, v }), projection('self_attn.o_proj')))
    const y = rmsNorm(hidden, of('post_attention_layernorm'), normEpsilon)
    hidden = add(
      hidden,
      feedForward(y, {
        gate: projection('mlp.gate_proj'),
        up: projection('mlp.up_proj'),
        down: projection('mlp.down_proj'),
      }),
    )
    stream.push(hidden)
  }
  return { hidden: rmsNorm(hidden, weight('norm'), normEpsilon), stream }
}

/** Logits through the tied head. @shape hidden [n, width] -> [n, vocabulary] */
export const head = (parameters: Parameters<Node>, hidden: Node): Node => linear(hidden, headWeight(parameters))

/** @shape [vocabulary, width] */
export const headWeight = (parameters: Parameters<Node>): Node => required(parameters, 'model.embed_tokens.weight')

const projectionOf = (parameters: Parameters<Node>, name: string): Weight => {
  const [values, scale] = [required(parameters, name), parameters.get(scaleName(name))]
  return scale === undefined ? values : { values, scale }
}

const required = (parameters: Parameters<Node>, name: string): Node => {
  const node = parameters.get(name)
  if (node === undefined) throw new RangeError(`the model has no weight ${name}`)
  return node
}
