import { scalar, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { sizeOf } from '../../program/shape.js'
import { broadcastTo } from './broadcast.js'
import { type Kernel, reshaped, run } from './kernel.js'

/**
 * The kernel wants a bool and three equal shapes, on WebGPU of at most four axes: here of one. The cast to bool would
 * not do: on wasm it makes 0.5 false.
 */
export const select: Kernel<'select'> = ({ shape }, [condition, a, b]) =>
  tidy(() => {
    const flat = (x: Tensor) => reshaped(broadcastTo(x, shape), [sizeOf(shape)])
    const truth = run('NotEqual', { a: condition, b: scalar(0) })
    return reshaped(run('Select', { condition: flat(truth), t: flat(a), e: flat(b) }), shape)
  })
