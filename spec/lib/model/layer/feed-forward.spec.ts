import { expect, test } from 'vitest'
import { input } from '#lib/compute/operation/index.js'
import { feedForward } from '#lib/model/layer/feed-forward.js'
import { expectClose } from '../../compute/reference/close.js'
import { floats } from '../golden.js'
import { numbers } from './build.js'

test('the gated feed-forward matches an example computed by hand', () => {
  const weights = { gate: input('gate', [3, 2]), up: input('up', [3, 2]), down: input('down', [2, 3]) }
  const y = feedForward(input('x', [1, 2]), weights)
  expect(y.shape).toEqual([1, 2])
  const found = numbers(y, {
    x: floats([1, 2], [2, -1]),
    // Gates 2, -1 and 0, ups 1, 3 and 5.
    gate: floats([3, 2], [1, 0, 0, 1, 1, 2]),
    up: floats([3, 2], [1, 1, 2, 1, 3, 1]),
    down: floats([2, 3], [1, 0, 0, 0, 1, 7]),
  })
  expectClose(found, [2 / (1 + Math.exp(-2)), -3 / (1 + Math.exp(1))], 1e-15)
})
