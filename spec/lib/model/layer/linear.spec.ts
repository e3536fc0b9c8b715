import { expect, test } from 'vitest'
import { input } from '#lib/compute/operation/index.js'
import { linear } from '#lib/model/layer/linear.js'
import { floats } from '../golden.js'
import { numbers } from './build.js'

test('linear takes its weight as [out, in]', () => {
  const y = linear(input('x', [1, 3]), input('w', [2, 3]))
  expect(numbers(y, { x: floats([1, 3], [1, 10, 100]), w: floats([2, 3], [1, 2, 3, 4, 5, 6]) })).toEqual([321, 654])
})

test('linear adds a bias to every row', () => {
  const y = linear(input('x', [2, 1]), input('w', [2, 1]), input('bias', [2]))
  const feed = { x: floats([2, 1], [1, 10]), w: floats([2, 1], [1, 2]), bias: floats([2], [0.5, -0.5]) }
  expect(numbers(y, feed)).toEqual([1.5, 1.5, 10.5, 19.5])
})

test('linear takes a quantized weight as [in, out], and a scale for each output', () => {
  const weight = { values: input('values', [3, 2], 'int8'), scale: input('scale', [2]) }
  const found = numbers(linear(input('x', [1, 3]), weight), {
    x: floats([1, 3], [1, 10, 100]),
    values: { shape: [3, 2], data: Int8Array.of(1, 4, 2, 5, 3, 6) },
    scale: floats([2], [2, 0.5]),
  })
  expect(found).toEqual([642, 327])
})
