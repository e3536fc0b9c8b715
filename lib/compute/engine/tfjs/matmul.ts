import { type Tensor, tidy } from '@tensorflow/tfjs-core'
import { sizeOf } from '../../program/shape.js'
import { broadcastTo } from './broadcast.js'
import { type Kernel, reshaped, run } from './kernel.js'

/**
 * Where b is one matrix, the leading axes of a are rows of one product: wasm computes a batch of products twenty times
 * slower. Otherwise both get the same leading axes first, as wasm broadcasts only one axis right.
 *
 * The kernel could transpose on the way, but wasm then takes a hundred times as long; programs transpose by themselves.
 */
export const matmul: Kernel<'matmul'> = ({ shape }, [a, b]) =>
  tidy(() => {
    const [leading, [k, n]] = [shape.slice(0, -2), b.shape.slice(-2) as [number, number]]
    if (sizeOf(b.shape) === k * n) {
      const rows = sizeOf(a.shape) / k
      return reshaped(multiply(reshaped(a, [rows, k]), reshaped(b, [k, n])), shape)
    }
    return multiply(broadcastTo(a, [...leading, ...a.shape.slice(-2)]), broadcastTo(b, [...leading, k, n]))
  })

const multiply = (a: Tensor, b: Tensor): Tensor =>
  run('BatchMatMul', { a, b }, { transposeA: false, transposeB: false })
