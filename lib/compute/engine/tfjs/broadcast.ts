import { type Tensor, tidy } from '@tensorflow/tfjs-core'
import type { Shape } from '../../program/node.js'
import { sameShape } from '../../program/shape.js'
import { reshaped, run } from './kernel.js'

/** x repeated to a shape; x itself where it has that shape. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor => {
  if (sameShape(x.shape, shape)) return x
  const aligned = [...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape]
  const reps = shape.map((size, axis) => size / aligned[axis]!)
  return tidy(() => run('Tile', { x: reshaped(x, aligned) }, { reps }))
}
