import { sizeOf } from '../../../program/shape.js'
import type { Kernel } from '../kernel.js'
import { componentsOf, dispatch } from './shader.js'

const code = `
fn main(index: i32) {
  if (index < uniforms.size) {
    let place = index / WIDTH % uniforms.limit;
    let row = index / WIDTH / uniforms.limit;
    let here = place == positions[row / uniforms.heads];
    result[index] = select(cache[index], entry[row * WIDTH + index % WIDTH], here);
  }
}`

/**
 * Copy of the cache with the new entries. Each thread copies four elements, or one if the width is not a multiple of
 * four.
 */
export const writeCache: Kernel<'writeCache'> = ({ shape }, operands) => {
  const [, heads, limit, width] = shape as [number, number, number, number]
  const components = componentsOf(width)
  const shader = {
    name: 'writeCache',
    inputs: { cache: components, entry: components, positions: 1 },
    result: components,
    constants: { WIDTH: width / components },
    sizes: { heads, limit },
    workgroup: 64,
    threads: sizeOf(shape) / components,
    code,
  } as const
  return dispatch(shader, operands, shape)
}
