import { sizeOf } from '../../../program/shape.js'
import type { Kernel } from '../kernel.js'
import { dispatch } from './shader.js'

/** Number of threads of a workgroup. It serves several rows if rows are short. */
export const WORKGROUP = 64

/**
 * Code of the inverse root mean square of row `index / LANES` of x. Each lane of the row sums WIDTH / LANES squares,
 * then adds the sums of the other lanes. All threads of a workgroup must call it.
 */
export const INVERSE_RMS = `
var<workgroup> parts: array<f32, ${WORKGROUP}>;

fn inverseRms(index: i32) -> f32 {
  let start = index / LANES * WIDTH;
  var part = 0.0;
  for (var i = index % LANES; i < WIDTH; i += LANES) {
    part += x[start + i] * x[start + i];
  }
  parts[localIndex] = part;
  workgroupBarrier();
  let first = i32(localIndex) / LANES * LANES;
  var whole = 0.0;
  for (var lane = first; lane < first + LANES; lane++) {
    whole += parts[lane];
  }
  return 1.0 / sqrt(whole / WIDTH + EPSILON);
}`

/** Constants of the kernels. A lane has the least work if there are as many lanes as squares per lane. */
export const rmsConstants = (width: number, epsilon: number) => ({
  WIDTH: width,
  EPSILON: epsilon,
  LANES: Math.min(WORKGROUP, 2 ** Math.ceil(Math.log2(width) / 2)),
})

const code = `${INVERSE_RMS}

fn main(index: i32) {
  let inverse = inverseRms(index);
  if (index % LANES == 0 && index / LANES < uniforms.size) {
    result[index / LANES] = inverse;
  }
}`

/** Inverse root mean square, with several lanes for each row. */
export const inverseRms: Kernel<'inverseRms'> = ({ inputs, shape, attributes: { epsilon } }, [x]) => {
  const constants = rmsConstants(inputs[0]!.shape.at(-1)!, epsilon)
  const threads = sizeOf(shape) * constants.LANES
  return dispatch(
    { name: 'inverseRms', inputs: { x: 1 }, result: 1, constants, workgroup: WORKGROUP, threads, code },
    [x],
    shape,
  )
}
