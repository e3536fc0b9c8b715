import { add, gather, reshape, rmsNorm } from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'
import type { DecoderConfig } from './decoder-config.js'
import { feedForward } from './layer/feed-forward.js'
import type { Heads } from './layer/heads.js'
import { linear, type Weight } from './layer/linear.js'
import { HEAD, type Parameters } from './parameters.js'
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
 * Decoder-only transformer of the Qwen and Llama families: pre-norm, grouped-query attention, rotary positions, SwiGLU.
 * Written once, over any list of tokens: only `attend` knows how they make up sequences, and training, scoring, prefill
 * and decode differ in that alone. Families differ by what weights there are: norms of queries and keys, biases, a head.
 * A projection that comes with scales is in eight bits.
 *
 * @shape  tokens_N [N] (int32) -> hidden [N, width]
 * @source Qwen3 technical report, arXiv:2505.09388; Qwen2.5, arXiv:2412.15115; Llama 3, arXiv:2407.21783
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
    const ifAny = (name: string) => parameters.get(`model.layers.${layer}.${name}`)
    const projection = (name: string) => projectionOf(parameters, `model.layers.${layer}.${name}.weight`)
    const projected = (name: string, count: number) =>
      byHead(linear(x, projection(`self_attn.${name}_proj`), ifAny(`self_attn.${name}_proj.bias`)), count)
    const normed = (y: Node, norm: Node | undefined) => (norm === undefined ? y : rmsNorm(y, norm, normEpsilon))
    const x = rmsNorm(hidden, of('input_layernorm'), normEpsilon)
    const q = normed(projected('q', heads), ifAny('self_attn.q_norm.weight'))
    const k = normed(projected('k', kvHeads), ifAny('self_attn.k_norm.weight'))
    const v = projected('v', kvHeads)
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

/** Logits. @shape hidden [n, width] -> [n, vocabulary] */
export const head = (parameters: Parameters<Node>, hidden: Node): Node => linear(hidden, headWeight(parameters))

/** The embedding, where the model has no head of its own. @shape [vocabulary, width] */
export const headWeight = (parameters: Parameters<Node>): Node =>
  parameters.get(HEAD) ?? required(parameters, 'model.embed_tokens.weight')

const projectionOf = (parameters: Parameters<Node>, name: string): Weight => {
  const [values, scale] = [required(parameters, name), parameters.get(scaleName(name))]
  return scale === undefined ? values : { values, scale }
}

const required = (parameters: Parameters<Node>, name: string): Node => {
  const node = parameters.get(name)
  if (node === undefined) throw new RangeError(`the model has no weight ${name}`)
  return node
}
