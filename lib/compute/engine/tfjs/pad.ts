import { type Tensor, tidy } from '@tensorflow/tfjs-core'
import { sizeOf } from '../../program/shape.js'
import { type Kernel, reshaped, run } from './kernel.js'

/** Of more axes, WebGPU makes a kernel that does not compile. */
const PAD_RANK = 4

export const pad: Kernel<'pad'> = (node, [x]) => {
  const { before, after } = node.attributes
  const paddings = before.map((count, axis): Padding => [count, after[axis]!])
  return paddings.length <= PAD_RANK ? padded(x, paddings) : tidy(() => padInTurn(node, x, paddings))
}

type Padding = [before: number, after: number]

const padded = (x: Tensor, paddings: Padding[]): Tensor => run('PadV2', { x }, { paddings, constantValue: 0 })

/** One axis after the other, with what is before and after it joined into one axis each. */
const padInTurn = ({ shape, inputs: [from] }: Parameters<typeof pad>[0], x: Tensor, paddings: Padding[]): Tensor => {
  const grown = paddings.reduce((done, padding, axis) => {
    if (padding.every((count) => count === 0)) return done
    const joined = [sizeOf(shape.slice(0, axis)), from!.shape[axis]!, sizeOf(from!.shape.slice(axis + 1))]
    return padded(reshaped(done, joined), [[0, 0], padding, [0, 0]])
  }, x)
  return reshaped(grown, shape)
}
