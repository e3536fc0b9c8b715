import { type Tensor, tidy } from '@tensorflow/tfjs-core'
import { sizeOf } from '../../program/shape.js'
import { broadcastTo } from './broadcast.js'
import { type Kernel, reshapeTo, run } from './kernel.js'

/**
 * Computes a matrix product. If b is one matrix, the leading axes of a become rows of one product, because wasm
 * computes a batch of products twenty times slower. Otherwise both operands are broadcast first, because wasm
 * broadcasts only one axis correctly.
 *
 * The kernel never transposes an operand, because wasm then takes a hundred times as long.
 */
export const matmul: Kernel<'matmul'> = ({ shape }, [a, b]) =>
  tidy(() => {
    const [leading, [k, n]] = [shape.slice(0, -2), b.shape.slice(-2) as [number, number]]
    if (sizeOf(b.shape) === k * n) {
      const rows = sizeOf(a.shape) / k
      return reshapeTo(multiply(reshapeTo(a, [rows, k]), reshapeTo(b, [k, n])), shape)
    }
    return multiply(broadcastTo(a, [...leading, ...a.shape.slice(-2)]), broadcastTo(b, [...leading, k, n]))
  })

const multiply = (a: Tensor, b: Tensor): Tensor =>
  run('BatchMatMul', { a, b }, { transposeA: false, transposeB: false })
