import { type Tensor, tidy } from '@tensorflow/tfjs-core'
import type { Shape } from '../../program/node.js'
import { sameShape, sizeOf } from '../../program/shape.js'
import { reshaped, run } from './kernel.js'

/** Of more axes, WebGPU tiles on the host: not in Node.js, and not in the midst of a run. */
const TILE_RANK = 4

/** x repeated to a shape; x itself where it has that shape. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor => {
  if (sameShape(x.shape, shape)) return x
  const aligned = [...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape]
  return tidy(() =>
    shape.length <= TILE_RANK ? tile(reshaped(x, aligned), repeats(aligned, shape)) : tileInTurn(x, aligned, shape),
  )
}

const repeats = (from: Shape, to: Shape): number[] => to.map((size, axis) => size / from[axis]!)

const tile = (x: Tensor, reps: number[]): Tensor => run('Tile', { x }, { reps })

/** One repeated axis after the other, with what is before and after it joined into one axis each. */
const tileInTurn = (x: Tensor, aligned: Shape, shape: Shape): Tensor => {
  const tiled = repeats(aligned, shape).reduce((repeated, times, axis) => {
    if (times === 1) return repeated
    const joined = [sizeOf(shape.slice(0, axis)), 1, sizeOf(aligned.slice(axis + 1))]
    return tile(reshaped(repeated, joined), [1, times, 1])
  }, x)
  return reshaped(tiled, shape)
}
