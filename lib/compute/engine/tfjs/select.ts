import { scalar, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { sizeOf } from '../../program/shape.js'
import { broadcastTo } from './broadcast.js'
import { type Kernel, reshapeTo, run } from './kernel.js'

/**
 * Computes a selection. The kernel needs a bool and three equal shapes, on WebGPU of at most four axes, so the tensors
 * are flattened to one axis. The bool is a comparison with 0 and not a cast, because the cast of wasm makes 0.5 false.
 */
export const select: Kernel<'select'> = ({ shape }, [condition, a, b]) =>
  tidy(() => {
    const flat = (x: Tensor) => reshapeTo(broadcastTo(x, shape), [sizeOf(shape)])
    const truth = run('NotEqual', { a: condition, b: scalar(0) })
    return reshapeTo(run('Select', { condition: flat(truth), t: flat(a), e: flat(b) }), shape)
  })
