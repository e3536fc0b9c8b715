import { type Tensor, tidy } from '@tensorflow/tfjs-core'
import type { Shape } from '../../program/node.js'
import { sameShape, sizeOf } from '../../program/shape.js'
import { reshapeTo, run } from './kernel.js'

/**
 * Largest rank that WebGPU tiles on the device. Tensors of more axes are tiled on the host, which fails in Node.js and
 * in the middle of a run.
 */
const TILE_RANK = 4

/** Repeats a tensor to a shape. Returns the tensor itself if it has that shape. */
export const broadcastTo = (x: Tensor, shape: Shape): Tensor => {
  if (sameShape(x.shape, shape)) return x
  const aligned = [...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape]
  return tidy(() =>
    shape.length <= TILE_RANK ? tile(reshapeTo(x, aligned), repeats(aligned, shape)) : tileInTurn(x, aligned, shape),
  )
}

const repeats = (from: Shape, to: Shape): number[] => to.map((size, axis) => size / from[axis]!)

const tile = (x: Tensor, reps: number[]): Tensor => run('Tile', { x }, { reps })

/** Tiles one axis after another. The axes before and after the tiled axis are joined into one axis each. */
const tileInTurn = (x: Tensor, aligned: Shape, shape: Shape): Tensor => {
  const tiled = repeats(aligned, shape).reduce((repeated, times, axis) => {
    if (times === 1) return repeated
    const joined = [sizeOf(shape.slice(0, axis)), 1, sizeOf(aligned.slice(axis + 1))]
    return tile(reshapeTo(repeated, joined), [1, times, 1])
  }, x)
  return reshapeTo(tiled, shape)
}
