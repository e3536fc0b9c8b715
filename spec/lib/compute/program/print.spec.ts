import { expect, test } from 'vitest'
import { gradient } from '#lib/compute/gradient.js'
import * as o from '#lib/compute/operation/index.js'
import { print } from '#lib/compute/program/print.js'
import { program } from '#lib/compute/program/program.js'

test('print: one line per node, then the outputs', () => {
  const [x, weight] = [o.input('x', [4, 3]), o.input('weight', [3, 2])]
  const loss = o.sum(o.mul(o.exp(o.matmul(x, weight)), o.scalar(0.1)), [0, 1])
  const [g] = gradient(loss, [weight])
  expect(print(program('train', { loss, g: g! }))).toBe(
    [
      'program train',
      '%0 = input(x) : float32[4, 3]',
      '%1 = input(weight) : float32[3, 2]',
      '%2 = matmul(%0, %1) : float32[4, 2]',
      '%3 = exp(%2) : float32[4, 2]',
      '%4 = constant(0.1) : float32[]',
      '%5 = mul(%3, %4) : float32[4, 2]',
      '%6 = sum(%5, axes=[0,1], keepDims=false) : float32[]',
      '%7 = transpose(%0, permutation=[1,0]) : float32[3, 4]',
      '%8 = constant(0.1) : float32[1, 1]',
      '%9 = mul(%8, %3) : float32[4, 2]',
      '%10 = matmul(%7, %9) : float32[3, 2]',
      'loss = %6',
      'g = %10',
    ].join('\n'),
  )
})

test('print: long constants are cut, and numbers have the digits of a float32', () => {
  const long = o.constant(Float32Array.of(1, 1 / 3, -Infinity, NaN, 5), [5])
  const ids = o.constant(Int32Array.of(3, 2 ** 31 - 1), [2])
  expect(print(program('constants', { long, ids }))).toBe(
    [
      'program constants',
      '%0 = constant(1 0.33333334 -Infinity NaN …) : float32[5]',
      '%1 = constant(3 2147483647) : int32[2]',
      'long = %0',
      'ids = %1',
    ].join('\n'),
  )
})
