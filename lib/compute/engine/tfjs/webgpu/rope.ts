import type { Tensor } from '@tensorflow/tfjs-core'
import { constant } from '../../../operation/leaf.js'
import { rotaryTables } from '../../../operation/rope.js'
import type { Node } from '../../../program/node.js'
import { sizeOf } from '../../../program/shape.js'
import type { Kernel } from '../kernel.js'
import { dispatch } from './shader.js'

const code = `
fn main(index: i32) {
  if (2 * index >= uniforms.size) {
    return;
  }
  let row = index / HALF;
  let i = index % HALF;
  let batch = row / (uniforms.heads * uniforms.length);
  let position = positions[batch % uniforms.rows * uniforms.length + row % uniforms.length];
  let c = cosine[position * HALF + i];
  let s = sine[position * HALF + i];
  let left = row * 2 * HALF + i;
  let right = left + HALF;
  result[left] = x[left] * c - x[right] * s;
  result[right] = x[right] * c + x[left] * s;
}`

/** Rotary position embedding. Each pair of elements has a thread. */
export const rope: Kernel<'rope', readonly [Tensor, Tensor, Tensor, Tensor]> = ({ shape, inputs }, operands) => {
  const [, heads, length, width] = shape as [number, number, number, number]
  const shader = {
    name: 'rope',
    inputs: { x: 1, positions: 1, cosine: 1, sine: 1 },
    result: 1,
    constants: { HALF: width / 2 },
    sizes: { heads, length, rows: inputs[1]!.shape[0]! },
    workgroup: 64,
    threads: sizeOf(shape) / 2,
    code,
  } as const
  return dispatch(shader, operands, shape)
}

/**
 * Adds the tables of cosine and sine as two inputs, [limit, D / 2] each. They are constants that all layers of a
 * program share. The sine of WGSL is not used, because it is exact to only three digits.
 */
export const withTables = (node: Node<'rope'>): Node<'rope'> => {
  const { shape, inputs, attributes } = node
  const { cosine, sine } = rotaryTables(attributes)
  const table = (data: Float32Array) => constant(data, [attributes.limit, shape[3]! / 2])
  return { ...node, inputs: [...inputs, table(cosine), table(sine)] }
}
