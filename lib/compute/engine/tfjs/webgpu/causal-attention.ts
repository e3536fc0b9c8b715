import type { Tensor } from '@tensorflow/tfjs-core'
import { HIDDEN } from '../../../operation/hidden.js'
import { sizeOf } from '../../../program/shape.js'
import type { Kernel } from '../kernel.js'
import { ATTEND_TO_FOUR } from '../../online-softmax.js'
import { dispatch, type Shader } from './shader.js'

/**
 * Makes the code of the kernel. `visible` is an additional condition on the positions `four` that a query attends to.
 */
const code = (visible: string) => `
fn main(index: i32) {
  if (index * WIDTH >= uniforms.size) {
    return;
  }
  let last = uniforms.prefix + index % uniforms.length;
  let start = index / uniforms.length / GROUP * (uniforms.prefix + uniforms.length);
  var query: array<vec4<f32>, WIDTH>;
  var seen: array<vec4<f32>, WIDTH>;
  for (var i = 0; i < WIDTH; i++) {
    query[i] = q[index * WIDTH + i] * SCALE;
  }
  var peak = f32(HIDDEN);
  var total = 0.0;
  for (var first = 0; first <= last; first += 4) {
    let four = first + vec4<i32>(0, 1, 2, 3);
    let rows = start + min(four, vec4<i32>(last));
    let visible = (four <= vec4<i32>(last))${visible};
    ${ATTEND_TO_FOUR}
  }
  for (var i = 0; i < WIDTH; i++) {
    result[index * WIDTH + i] = seen[i] / total;
  }
}`

const plain = code('')

/** Code for keys behind a prefix: a query attends to the part of the prefix that its row uses. */
const prefixed = code(
  ` &
      ((four >= vec4<i32>(uniforms.prefix)) | (four < vec4<i32>(lengths[index / uniforms.length / uniforms.heads])))`,
)

/**
 * Causal attention. Each query has a thread, which reads the keys up to its position once and keeps only a running sum
 * of their values. The queries of a workgroup are neighbours, so they read the same keys at the same time.
 *
 * @shape q [B, H, T, D], keys and values [B, K, P + T, D], lengths [B] where P > 0, D a multiple of 4 -> [B, H, T, D]
 */
export const causalAttention: Kernel<'causalAttention', readonly Tensor[]> = ({ shape, inputs }, operands) => {
  const [, heads, length, width] = shape as [number, number, number, number]
  const [, kvHeads, places] = inputs[1]!.shape as [number, number, number]
  const behindPrefix = operands.length > 3
  const shader: Shader = {
    name: behindPrefix ? 'causalAttention behind a prefix' : 'causalAttention',
    inputs: { q: 4, keys: 4, values: 4, ...(behindPrefix && { lengths: 1 }) },
    result: 4,
    constants: { WIDTH: width / 4, GROUP: heads / kvHeads, SCALE: 1 / Math.sqrt(width), HIDDEN },
    sizes: { heads, length, prefix: places - length },
    workgroup: 32,
    threads: sizeOf(shape) / width,
    code: behindPrefix ? prefixed : plain,
  }
  return dispatch(shader, operands, shape)
}
