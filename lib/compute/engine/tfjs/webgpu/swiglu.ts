import { sizeOf } from '../../../program/shape.js'
import type { Kernel } from '../kernel.js'
import { componentsOf, dispatch } from './shader.js'

const code = `
fn main(index: i32) {
  if (index < uniforms.size) {
    let x = gate[index];
    result[index] = x / (1.0 + exp(-x)) * up[index];
  }
}`

/** Gated linear unit. Each thread computes four elements, or one if their number is not a multiple of four. */
export const swiglu: Kernel<'swiglu'> = ({ shape }, [gate, up]) => {
  const components = componentsOf(sizeOf(shape))
  const shader = {
    name: 'swiglu',
    inputs: { gate: components, up: components },
    result: components,
    workgroup: 64,
    threads: sizeOf(shape) / components,
    code,
  }
  return dispatch(shader, [gate, up], shape)
}
