import type { DeviceTensor } from '../compute/engine/engine.js'
import { input } from '../compute/operation/index.js'
import type { HostTensor, Node, Shape } from '../compute/program/node.js'
import { keyedUniform } from '../random/uniform.js'
import type { DecoderConfig } from './decoder-config.js'
import { initialLora, loraShapes } from './lora/lora.js'

/** Name of the embedding. */
export const EMBEDDING = 'model.embed_tokens.weight'

/** Name of an output head that is not tied to the embedding. */
export const HEAD = 'lm_head.weight'

/** Returns names and shapes of all weights, adapters included. */
export const weightShapes = (config: DecoderConfig): ReadonlyMap<string, Shape> =>
  new Map([...baseShapes(config), ...adapterShapes(config)])

/** Returns names and shapes of the parameters, which are the weights that train: the adapters, or all if there are none. */
export const trainedShapes = (config: DecoderConfig): ReadonlyMap<string, Shape> =>
  config.lora === undefined ? baseShapes(config) : adapterShapes(config)

/** Returns names and shapes of the adapters. */
export const adapterShapes = (config: DecoderConfig): ReadonlyMap<string, Shape> =>
  config.lora === undefined ? new Map() : loraShapes(config.lora, baseShapes(config))

/** Returns all weights but the adapters, with the names and layout ([out, in]) of Hugging Face checkpoints. */
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
      ...onlyIf(attentionBias, [
        [bias('q_proj'), [heads * headWidth]],
        [bias('k_proj'), [kvHeads * headWidth]],
        [bias('v_proj'), [kvHeads * headWidth]],
      ]),
      ...onlyIf(headNorms, [
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
    [EMBEDDING, [vocabulary, width]],
    ...Array.from({ length: layers }, (_, index) => layer(index)).flat(),
    ['model.norm.weight', [width]],
    ...onlyIf(!tiedHead, [[HEAD, [vocabulary, width]]]),
  ])
}

/** Returns the weights if the model has them. */
const onlyIf = (has: boolean, weights: readonly [string, Shape][]) => (has ? weights : [])

/** One value per weight of a model, by the weight's name. */
export type WeightMap<T> = ReadonlyMap<string, T>

/** Returns one program input per weight. */
export const namedInputs = (shapes: WeightMap<Shape>): WeightMap<Node<'input'>> =>
  mapWeights(shapes, (shape, name) => input(name, shape))

/** Applies a function to the value of each weight. */
export const mapWeights = <A, B>(weights: WeightMap<A>, f: (value: A, name: string) => B): WeightMap<B> =>
  new Map([...weights].map(([name, value]) => [name, f(value, name)]))

/** Returns tensors by name as an engine's feed. The prefix keeps several sets of weights in one program apart. */
export const weightFeed = <T extends DeviceTensor | HostTensor>(
  tensors: WeightMap<T>,
  prefix = '',
): Record<string, T> => Object.fromEntries([...tensors].map(([name, tensor]) => [prefix + name, tensor]))

/**
 * Returns random initial weights: norms 1, biases 0, the rest normal with standard deviation 0.02. Projections into the
 * residual stream are divided by sqrt(2 layers). Adapters are those of {@link initialLora}. Draws are keyed, so the same
 * seed gives the same weights.
 *
 * @source GPT-2's initialisation
 */
export const initialWeights = (config: DecoderConfig, seed: number): WeightMap<HostTensor> => {
  let index = 0
  const base = mapWeights(baseShapes(config), (shape, name): HostTensor => {
    const length = shape.reduce((a, b) => a * b, 1)
    if (name.includes('norm')) return { shape, data: new Float32Array(length).fill(1) }
    if (name.endsWith('.bias')) return { shape, data: new Float32Array(length) }
    const residual = name.includes('o_proj') || name.includes('down_proj')
    const deviation = 0.02 / (residual ? Math.sqrt(2 * config.layers) : 1)
    return { shape, data: normal(length, deviation, seed, index++) }
  })
  return new Map([...base, ...initialLora(adapterShapes(config), seed)])
}

/** Normal numbers by the Box-Muller transform of keyed uniform draws. */
const normal = (length: number, deviation: number, seed: number, tensor: number): Float32Array => {
  const radius = keyedUniform(seed, tensor, 0)
  const angle = keyedUniform(seed, tensor, 1)
  return Float32Array.from({ length }, (_, i) => {
    const r = Math.sqrt(-2 * Math.log(1 - radius(i)))
    return deviation * r * Math.cos(2 * Math.PI * angle(i))
  })
}
