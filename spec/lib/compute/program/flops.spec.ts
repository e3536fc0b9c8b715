import { expect, test } from 'vitest'
import * as o from '#lib/compute/operation/index.js'
import { flops } from '#lib/compute/program/flops.js'
import { program } from '#lib/compute/program/program.js'

test('flops: 2 m n k for every product, with leading axes, each counted once', () => {
  const [a, b] = [o.input('a', [5, 1, 2, 3]), o.input('b', [7, 3, 4])]
  const product = o.matmul(a, b)
  const again = o.matmul(a, b)
  expect(flops(program('p', { product, again, more: o.exp(product) }))).toBe(2 * 5 * 7 * 2 * 3 * 4)
  const bytes = o.constant(new Int8Array(12), [3, 4])
  const quantized = o.quantizedMatmul(o.reshape(a, [10, 3]), bytes, o.input('scale', [4]))
  expect(flops(program('q', { quantized }))).toBe(2 * 10 * 3 * 4)
  expect(flops(program('none', { y: o.exp(a) }))).toBe(0)
})
