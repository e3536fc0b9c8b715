import { input } from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'
import type { DecoderConfig } from './decoder-config.js'
import { isQuantized, scaleName } from './quantized-names.js'
import { namedInputs, type WeightMap, weightShapes } from './weights.js'

/** Number formats of the layers' projections for sampling. Embedding, head and norms are float32 in both. */
export const weightForms = ['float32', 'int8'] as const

/** Number format of the layers' projections for sampling. */
export type WeightForm = (typeof weightForms)[number]

/**
 * Returns program inputs for all weights in that number format.
 *
 * @shape int8: projections [in, out] and their scales [out]; all other weights as in {@link weightShapes}
 */
export const weightInputs = (config: DecoderConfig, form: WeightForm): WeightMap<Node<'input'>> => {
  const shapes = weightShapes(config)
  if (form === 'float32') return namedInputs(shapes)
  const inputs = [...shapes].flatMap(([name, shape]) => {
    const [out, width] = shape as [number, number]
    return isQuantized(name) ? [input(name, [width, out], 'int8'), input(scaleName(name), [out])] : [input(name, shape)]
  })
  return new Map(inputs.map((node) => [node.attributes.name, node]))
}
