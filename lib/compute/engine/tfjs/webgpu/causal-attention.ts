import { HIDDEN } from '../../../operation/hidden.js'
import { sizeOf } from '../../../program/shape.js'
import type { Kernel } from '../kernel.js'
import { MEET_FOUR } from './online-softmax.js'
import { dispatch } from './shader.js'

const code = `
fn main(index: i32) {
  if (index * WIDTH >= uniforms.size) {
    return;
  }
  let position = index % uniforms.length;
  let start = index / uniforms.length / GROUP * uniforms.length;
  var query: array<vec4<f32>, WIDTH>;
  var seen: array<vec4<f32>, WIDTH>;
  for (var i = 0; i < WIDTH; i++) {
    query[i] = q[index * WIDTH + i] * SCALE;
  }
  var peak = f32(HIDDEN);
  var total = 0.0;
  for (var first = 0; first <= position; first += 4) {
    let four = first + vec4<i32>(0, 1, 2, 3);
    let rows = start + min(four, vec4<i32>(position));
    let visible = four <= vec4<i32>(position);
    ${MEET_FOUR}
  }
  for (var i = 0; i < WIDTH; i++) {
    result[index * WIDTH + i] = seen[i] / total;
  }
}`

/**
 * A thread for every query: it goes through the keys up to its own position once, and holds no more than what it has seen
 * of their values. The queries of a workgroup follow one another and read the same keys at the same time.
 *
 * @shape q [B, H, T, D], keys and values [B, K, T, D], D a multiple of 4 -> [B, H, T, D]
 */
export const causalAttention: Kernel<'causalAttention'> = ({ shape, inputs }, operands) => {
  const [, heads, length, width] = shape as [number, number, number, number]
  const shader = {
    name: 'causalAttention',
    inputs: { q: 4, keys: 4, values: 4 },
    result: 4,
    constants: { WIDTH: width / 4, GROUP: heads / inputs[1]!.shape[1]!, SCALE: 1 / Math.sqrt(width), HIDDEN },
    sizes: { length },
    workgroup: 32,
    threads: sizeOf(shape) / width,
    code,
  } as const
  return dispatch(shader, operands, shape)
}
