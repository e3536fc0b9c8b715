import { expect, test } from 'vitest'
import { input } from '#lib/compute/operation/index.js'
import { linear } from '#lib/model/layer/linear.js'
import { floats } from '../golden.js'
import { numbers } from './build.js'

test('linear takes its weight as [out, in]', () => {
  const y = linear(input('x', [1, 3]), input('w', [2, 3]))
  expect(numbers(y, { x: floats([1, 3], [1, 10, 100]), w: floats([2, 3], [1, 2, 3, 4, 5, 6]) })).toEqual([321, 654])
})
