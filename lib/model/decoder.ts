import { add, gather, reshape, rmsNorm } from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'
import type { DecoderConfig } from './decoder-config.js'
import { feedForward } from './layer/feed-forward.js'
import type { Heads } from './layer/heads.js'
import { linear, type Weight } from './layer/linear.js'
import { loraNames } from './lora/lora.js'
import { scaleName } from './quantized-names.js'
import { HEAD, type WeightMap } from './weights.js'

/** Output nodes of a decoder. */
export interface DecoderOutput {
  /** Hidden state after the last norm. @shape [N, width] */
  readonly hidden: Node
  /** Input of each layer, then the input of the last norm. @shape [N, width] each */
  readonly stream: readonly Node[]
}

/**
 * Attention of one layer. It defines which tokens belong to one sequence and their positions.
 *
 * @shape heads of N tokens -> [N, H D]
 */
export type Attend = (layer: number, heads: Heads) => Node

/**
 * Decoder-only transformer of the Qwen, Llama, Mistral and SmolLM families: pre-norm, grouped-query attention, rotary positions, SwiGLU.
 * The tokens are a flat list. Training, scoring, prefill and decode differ only in `attend`, which arranges them in
 * sequences. Families differ in which weights exist: norms of queries and keys, biases, a head. A projection with scales is
 * quantized to eight bits.
 *
 * @shape  tokens_N [N] (int32) -> hidden [N, width]
 * @source Qwen3 technical report, arXiv:2505.09388; Qwen2.5, arXiv:2412.15115; Llama 3, arXiv:2407.21783; Mistral 7B,
 * arXiv:2310.06825; layers without rotary positions, arXiv:2501.18795, as in SmolLM3
 */
export const decoder = (
  config: DecoderConfig,
  weights: WeightMap<Node>,
  tokens_N: Node,
  attend: Attend,
): DecoderOutput => {
  const [N] = tokens_N.shape as [number]
  const { heads, kvHeads, headWidth, normEpsilon } = config
  const weight = (name: string) => requireWeight(weights, `model.${name}.weight`)
  const splitHeads = (x: Node, count: number) => reshape(x, [N, count, headWidth])

  let hidden = gather(weight('embed_tokens'), tokens_N)
  const stream: Node[] = [hidden]
  for (let layer = 0; layer < config.layers; layer++) {
    const layerWeight = (name: string) => weight(`layers.${layer}.${name}`)
    const optionalWeight = (name: string) => weights.get(`model.layers.${layer}.${name}`)
    const projection = (name: string) => projectionOf(config, weights, `model.layers.${layer}.${name}.weight`)
    const project = (name: string, count: number) =>
      splitHeads(linear(x, projection(`self_attn.${name}_proj`), optionalWeight(`self_attn.${name}_proj.bias`)), count)
    const normalize = (y: Node, norm: Node | undefined) => (norm === undefined ? y : rmsNorm(y, norm, normEpsilon))
    const x = rmsNorm(hidden, layerWeight('input_layernorm'), normEpsilon)
    const q = normalize(project('q', heads), optionalWeight('self_attn.q_norm.weight'))
    const k = normalize(project('k', kvHeads), optionalWeight('self_attn.k_norm.weight'))
    const v = project('v', kvHeads)
    hidden = add(hidden, linear(attend(layer, { q, k, v }), projection('self_attn.o_proj')))
    const y = rmsNorm(hidden, layerWeight('post_attention_layernorm'), normEpsilon)
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

/** Output head: logits of the next token. @shape hidden [n, width] -> [n, vocabulary] */
export const head = (weights: WeightMap<Node>, hidden: Node): Node => linear(hidden, headWeight(weights))

/** Weight of the output head; the embedding matrix for a model with a tied head. @shape [vocabulary, width] */
export const headWeight = (weights: WeightMap<Node>): Node =>
  weights.get(HEAD) ?? requireWeight(weights, 'model.embed_tokens.weight')

const projectionOf = ({ lora }: DecoderConfig, weights: WeightMap<Node>, name: string): Weight => {
  const [values, scale] = [requireWeight(weights, name), weights.get(scaleName(name))]
  const fixed = scale === undefined ? values : { values, scale }
  const names = loraNames(name)
  const [a, b] = [weights.get(names.a), weights.get(names.b)]
  return lora === undefined || a === undefined || b === undefined
    ? fixed
    : { fixed, a, b, strength: lora.alpha / lora.rank }
}

const requireWeight = (weights: WeightMap<Node>, name: string): Node => {
  const node = weights.get(name)
  if (node === undefined) throw new RangeError(`the model has no weight ${name}`)
  return node
}
