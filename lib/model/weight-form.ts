import { input } from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'
import type { DecoderConfig } from './decoder-config.js'
import { parameterInputs, type Parameters, parameterShapes } from './parameters.js'
import { isQuantized, scaleName } from './quantized-names.js'

/** What generation reads the projections of layers as; embedding, head and norms are float32 in either. */
export const weightForms = ['float32', 'int8'] as const

export type WeightForm = (typeof weightForms)[number]

/**
 * Program inputs for weights of that form.
 *
 * @shape of a projection in int8 [in, out], beside its scales [out]; all else as in {@link parameterShapes}
 */
export const weightInputs = (config: DecoderConfig, form: WeightForm): Parameters<Node<'input'>> => {
  const shapes = parameterShapes(config)
  if (form === 'float32') return parameterInputs(shapes)
  const inputs = [...shapes].flatMap(([name, shape]) => {
    const [out, width] = shape as [number, number]
    return isQuantized(name) ? [input(name, [width, out], 'int8'), input(scaleName(name), [out])] : [input(name, shape)]
  })
  return new Map(inputs.map((node) => [node.attributes.name, node]))
}
