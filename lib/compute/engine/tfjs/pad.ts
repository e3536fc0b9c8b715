import { type Tensor, tidy } from '@tensorflow/tfjs-core'
import { sizeOf } from '../../program/shape.js'
import { type Kernel, reshapeTo, run } from './kernel.js'

/** Largest rank for which the kernel of WebGPU compiles. */
const PAD_RANK = 4

/** Pads a tensor: all axes at once, or one after another if there are more than WebGPU can pad. */
export const pad: Kernel<'pad'> = (node, [x]) => {
  const { before, after } = node.attributes
  const paddings = before.map((count, axis): Padding => [count, after[axis]!])
  return paddings.length <= PAD_RANK ? padBy(x, paddings) : tidy(() => padInTurn(node, x, paddings))
}

type Padding = [before: number, after: number]

const padBy = (x: Tensor, paddings: Padding[]): Tensor => run('PadV2', { x }, { paddings, constantValue: 0 })

/** Pads one axis after another. The axes before and after the padded axis are joined into one axis each. */
const padInTurn = ({ shape, inputs: [from] }: Parameters<typeof pad>[0], x: Tensor, paddings: Padding[]): Tensor => {
  const grown = paddings.reduce((done, padding, axis) => {
    if (padding.every((count) => count === 0)) return done
    const joined = [sizeOf(shape.slice(0, axis)), from!.shape[axis]!, sizeOf(from!.shape.slice(axis + 1))]
    return padBy(reshapeTo(done, joined), [[0, 0], padding, [0, 0]])
  }, x)
  return reshapeTo(grown, shape)
}
