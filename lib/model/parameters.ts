import type { DeviceTensor } from '../compute/engine/engine.js'
import { input } from '../compute/operation/index.js'
import type { HostTensor, Node, Shape } from '../compute/program/node.js'
import { keyedUniform } from '../random/uniform.js'
import type { DecoderConfig } from './decoder-config.js'
import { initialLora, loraShapes } from './lora/lora.js'

/** A head that is not the embedding. */
export const HEAD = 'lm_head.weight'

/** Names and shapes of all weights, adapters among them. */
export const parameterShapes = (config: DecoderConfig): ReadonlyMap<string, Shape> =>
  new Map([...baseShapes(config), ...adapterShapes(config)])

/** Those that training changes: the adapters where there are any, otherwise all. */
export const trainedShapes = (config: DecoderConfig): ReadonlyMap<string, Shape> =>
  config.lora === undefined ? baseShapes(config) : adapterShapes(config)

/** Those of the adapters alone. */
export const adapterShapes = (config: DecoderConfig): ReadonlyMap<string, Shape> =>
  config.lora === undefined ? new Map() : loraShapes(config.lora, baseShapes(config))

/** Without adapters, as Hugging Face checkpoints name and lay them out ([out, in]). */
const baseShapes = (config: DecoderConfig): ReadonlyMap<string, Shape> => {
  const { vocabulary, width, layers, heads, kvHeads, headWidth, feedForward } = config
  const { headNorms = true, attentionBias = false, tiedHead = true } = config
  const layer = (index: number): [string, Shape][] => {
    const name = (suffix: string) => `model.layers.${index}.${suffix}.weight`
    const bias = (projection: string) => `model.layers.${index}.self_attn.${projection}.bias`
    return [
      [name('input_layernorm'), [width]],
      [name('self_attn.q_proj'), [heads * headWidth, width]],
      [name('self_attn.k_proj'), [kvHeads * headWidth, width]],
      [name('self_attn.v_proj'), [kvHeads * headWidth, width]],
      ...only(attentionBias, [
        [bias('q_proj'), [heads * headWidth]],
        [bias('k_proj'), [kvHeads * headWidth]],
        [bias('v_proj'), [kvHeads * headWidth]],
      ]),
      ...only(headNorms, [
        [name('self_attn.q_norm'), [headWidth]],
        [name('self_attn.k_norm'), [headWidth]],
      ]),
      [name('self_attn.o_proj'), [width, heads * headWidth]],
      [name('post_attention_layernorm'), [width]],
      [name('mlp.gate_proj'), [feedForward, width]],
      [name('mlp.up_proj'), [feedForward, width]],
      [name('mlp.down_proj'), [width, feedForward]],
    ]
  }
  return new Map<string, Shape>([
    ['model.embed_tokens.weight', [vocabulary, width]],
    ...Array.from({ length: layers }, (_, index) => layer(index)).flat(),
    ['model.norm.weight', [width]],
    ...only(!tiedHead, [[HEAD, [vocabulary, width]]]),
  ])
}

/** These weights, where the model has them. */
const only = (has: boolean, weights: readonly [string, Shape][]) => (has ? weights : [])

/** One value per weight of the model, by the weight's name. */
export type Parameters<T> = ReadonlyMap<string, T>

/** Program inputs for the weights. */
export const parameterInputs = (shapes: Parameters<Shape>): Parameters<Node<'input'>> =>
  mapParameters(shapes, (shape, name) => input(name, shape))

export const mapParameters = <A, B>(of: Parameters<A>, f: (value: A, name: string) => B): Parameters<B> =>
  new Map([...of].map(([name, value]) => [name, f(value, name)]))

/** As an engine's feed takes them, under a prefix where several sets meet in one program. */
export const parameterFeed = <T extends DeviceTensor | HostTensor>(of: Parameters<T>, prefix = ''): Record<string, T> =>
  Object.fromEntries([...of].map(([name, tensor]) => [prefix + name, tensor]))

/**
 * Fresh weights: norms 1, biases 0, the rest normal with deviation 0.02, projections back into the residual stream
 * scaled down by sqrt(2 layers); adapters as {@link initialLora} has them. Drawn by key, so the same seed gives the same model.
 *
 * @source GPT-2's initialisation
 */
export const initialParameters = (config: DecoderConfig, seed: number): Parameters<HostTensor> => {
  let index = 0
  const base = mapParameters(baseShapes(config), (shape, name): HostTensor => {
    const length = shape.reduce((a, b) => a * b, 1)
    if (name.includes('norm')) return { shape, data: new Float32Array(length).fill(1) }
    if (name.endsWith('.bias')) return { shape, data: new Float32Array(length) }
    const residual = name.includes('o_proj') || name.includes('down_proj')
    const deviation = 0.02 / (residual ? Math.sqrt(2 * config.layers) : 1)
    return { shape, data: normal(length, deviation, seed, index++) }
  })
  return new Map([...base, ...initialLora(adapterShapes(config), seed)])
}

/** Box-Muller over keyed draws. */
const normal = (length: number, deviation: number, seed: number, tensor: number): Float32Array => {
  const radius = keyedUniform(seed, tensor, 0)
  const angle = keyedUniform(seed, tensor, 1)
  return Float32Array.from({ length }, (_, i) => {
    const r = Math.sqrt(-2 * Math.log(1 - radius(i)))
    return deviation * r * Math.cos(2 * Math.PI * angle(i))
  })
}
