import type { HostTensor } from '#lib/compute/program/node.js'
import { mapWeights, type WeightMap } from '#lib/model/weights.js'
import { isQuantized, scaleName } from '#lib/model/quantized-names.js'
import { quantize } from '#lib/model/quantized.js'

/** Quantized weights as inputs of an int8 program. */
export const inEightBits = (weights: WeightMap<HostTensor>): WeightMap<HostTensor> =>
  new Map(
    [...weights].flatMap(([name, tensor]) => {
      if (!isQuantized(name)) return [[name, tensor] as const]
      const { values, scale } = quantize(tensor)
      return [[name, values] as const, [scaleName(name), scale] as const]
    }),
  )

/** The quantized numbers in float32, in the original layout. */
export const rounded = (weights: WeightMap<HostTensor>): WeightMap<HostTensor> =>
  mapWeights(weights, (tensor, name) => {
    if (!isQuantized(name)) return tensor
    const { values, scale } = quantize(tensor)
    const [out, width] = tensor.shape as [number, number]
    const number = (j: number, i: number) => values.data[i * out + j]! * scale.data[j]!
    return {
      shape: tensor.shape,
      data: Float32Array.from(tensor.data, (_, at) => number(Math.floor(at / width), at % width)),
    }
  })
