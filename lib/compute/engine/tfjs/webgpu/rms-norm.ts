import { sizeOf } from '../../../program/shape.js'
import type { Kernel } from '../kernel.js'
import { INVERSE_RMS, rmsConstants, WORKGROUP } from './inverse-rms.js'
import { dispatch } from './shader.js'

const code = `${INVERSE_RMS}

fn main(index: i32) {
  let inverse = inverseRms(index);
  let start = index / LANES * WIDTH;
  if (start < uniforms.size) {
    for (var i = index % LANES; i < WIDTH; i += LANES) {
      result[start + i] = x[start + i] * inverse * weight[i];
    }
  }
}`

/** Root-mean-square normalisation, with several lanes for each row. */
export const rmsNorm: Kernel<'rmsNorm'> = ({ shape, attributes: { epsilon } }, [x, weight]) => {
  const constants = rmsConstants(shape.at(-1)!, epsilon)
  const threads = (sizeOf(shape) / constants.WIDTH) * constants.LANES
  return dispatch(
    { name: 'rmsNorm', inputs: { x: 1, weight: 1 }, result: 1, constants, workgroup: WORKGROUP, threads, code },
    [x, weight],
    shape,
  )
}
