import { add, input, matmul, mul, scalar } from '../../compute/operation/index.js'
import type { Node, Program } from '../../compute/program/node.js'
import { program } from '../../compute/program/program.js'
import type { DecoderConfig } from '../decoder-config.js'
import { weightShapes } from '../weights.js'
import { loraNames } from './lora.js'

/** Returns the prefix of the names of a layer's weights. */
export const layerPrefix = (layer: number): string => `model.layers.${layer}.`

/** Returns the configuration of a model whose adapters are merged into its weights. */
export const withoutAdapters = (config: DecoderConfig): DecoderConfig => {
  const merged: { -readonly [K in keyof DecoderConfig]: DecoderConfig[K] } = { ...config }
  delete merged.lora
  return merged
}

/**
 * Program that merges the adapters of one layer into its weights, so that a product with the merged weight is the product with the
 * weight and its adapter:
 *
 *     W + alpha / rank B A
 *
 * All layers have the same shapes, so names are without the {@link layerPrefix}.
 *
 * @shape inputs the weights that have adapters, and the adapters; outputs the merged weights, by the names of the weights
 * @source arXiv:2106.09685
 */
export const mergeProgram = (config: DecoderConfig): Program => {
  const { alpha, rank } = config.lora ?? { alpha: 1, rank: 1 }
  const [shapes, prefix] = [weightShapes(config), layerPrefix(0)]
  const inputOf = (name: string) => input(name.slice(prefix.length), shapes.get(name)!)
  const merged = [...shapes.keys()].flatMap((name): [string, Node][] => {
    const { a, b } = loraNames(name)
    if (!name.startsWith(prefix) || !shapes.has(a)) return []
    const weight = inputOf(name)
    return [[weight.attributes.name, add(weight, matmul(mul(inputOf(b), scalar(alpha / rank)), inputOf(a)))]]
  })
  return program('merge adapters', Object.fromEntries(merged))
}
