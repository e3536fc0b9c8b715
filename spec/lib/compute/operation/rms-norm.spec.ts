import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { input, rmsNorm } from '#lib/compute/operation/index.js'
import { floats } from '../../model/golden.js'
import { numbers } from '../../model/layer/build.js'
import { expectClose } from '../reference/close.js'

const normalised = (x: readonly number[], weight: readonly number[], epsilon: number) =>
  numbers(rmsNorm(input('x', [x.length / weight.length, weight.length]), input('w', [weight.length]), epsilon), {
    x: floats([x.length / weight.length, weight.length], x),
    w: floats([weight.length], weight),
  })
const number = fc.integer({ min: -80, max: 80 }).map((n) => n / 8)

describe('rmsNorm', () => {
  it('agrees with an example worked by hand', () => {
    // The mean squares are 4 and 1. The weight is applied last.
    expect(normalised([2, -2, 2, 2, 1, 1, -1, 1], [1, 10, 100, 1000], 0)).toEqual([
      ...[1, -10, 100, 1000],
      ...[1, 10, -100, 1000],
    ])
  })

  it('adds epsilon to the mean square', () => {
    expect(normalised([1, -1], [1, 1], 3)).toEqual([0.5, -0.5])
    expect(normalised([0, 0], [1, 1], 1)).toEqual([0, 0])
  })

  test.prop([fc.tuple(number, number, number), fc.integer({ min: 1, max: 100 })])(
    'does not depend on the length of x',
    (x, by) => {
      fc.pre(x.some((value) => value !== 0))
      expectClose(
        normalised(
          x.map((value) => by * value),
          [1, 2, 3],
          0,
        ),
        normalised(x, [1, 2, 3], 0),
        1e-12,
      )
    },
  )
})
