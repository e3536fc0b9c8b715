import { getBackend, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { idOutside } from './id-bounds.js'
import { type Kernel, reshaped, run } from './kernel.js'

/** ScatterNd adds up the updates of equal ids on every backend, one after the other on all but a GPU. */
export const scatterAdd: Kernel<'scatterAdd'> = ({ shape, attributes: { rows } }, [ids, updates]) => {
  checkIds(ids, rows)
  return tidy(() => {
    const indices = reshaped(ids, [ids.size, 1])
    return run(
      'ScatterNd',
      { indices, updates: reshaped(updates, [ids.size, ...shape.slice(1)]) },
      { shape: [...shape] },
    )
  })
}

/**
 * Gather checks by itself; this kernel writes outside the tensor on wasm. WebGPU drops such updates, and cannot be read
 * in the midst of a run: there only the ids of inputs are looked at.
 */
const checkIds = (ids: Tensor, rows: number): void => {
  if (getBackend() === 'webgpu') return
  const outside = idOutside(ids.dataSync<'int32'>(), rows)
  if (outside !== undefined) throw new RangeError(`the id ${outside} is out of the range 0 to ${rows - 1}`)
}
