import { getBackend, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { idOutside } from '../id-bounds.js'
import { type Kernel, reshapeTo, run } from './kernel.js'

/**
 * Adds rows by their ids with ScatterNd, which sums the updates of equal ids on every backend. On a GPU the order of
 * the sum varies.
 */
export const scatterAdd: Kernel<'scatterAdd'> = ({ shape, attributes: { rows } }, [ids, updates]) => {
  checkIds(ids, rows)
  return tidy(() => {
    const indices = reshapeTo(ids, [ids.size, 1])
    return run(
      'ScatterNd',
      { indices, updates: reshapeTo(updates, [ids.size, ...shape.slice(1)]) },
      { shape: [...shape] },
    )
  })
}

/**
 * Checks that ids are inside the table, because the kernel of wasm would write outside the tensor. (Gather checks its
 * ids itself.) On WebGPU the kernel drops such updates and tensors cannot be read during a run, so only ids that are
 * inputs are checked there.
 */
const checkIds = (ids: Tensor, rows: number): void => {
  if (getBackend() === 'webgpu') return
  const outside = idOutside(ids.dataSync<'int32'>(), rows)
  if (outside !== undefined) throw new RangeError(`the id ${outside} is out of the range 0 to ${rows - 1}`)
}
