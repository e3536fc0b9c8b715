import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { input, rope } from '#lib/compute/operation/index.js'
import type { Node } from '#lib/compute/program/node.js'
import { positionsFromStart } from '#lib/model/token-positions.js'
import { floats, ints } from '../../model/golden.js'
import { numbers } from '../../model/layer/build.js'
import { expectClose } from '../reference/close.js'

const [limit, width, frequencies] = [12, 4, [1, 0.1]]
const turned = (x: Node, positions: Node, back = false) => rope(x, positions, { frequencies, limit, back })
const turnedFromStart = (length: number) => (x: Node) => turned(x, positionsFromStart(length).positions)
const positions = (rows: number) => input('positions', [rows, 1], 'int32')

/** Rotates one vector to a position. */
const turnedTo = (position: number, x: readonly number[]): number[] =>
  numbers(turned(input('x', [1, 1, 1, width]), positions(1)), {
    x: floats([1, 1, 1, width], x),
    positions: ints([1, 1], [position]),
  })
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0)

const number = fc.integer({ min: -16, max: 16 }).map((n) => n / 8)
const vector = fc.tuple(number, number, number, number)
const position = fc.nat(limit - 1)
/** Rounding error of the rotary tables, which are float32. */
const SINGLE = 2e-7
/** Relative error of the length of a vector after a rotation whose cosine and sine are rounded to float32. */
const TURN = Math.SQRT2 * 2 ** -25
/** Rounding error of double precision. */
const DOUBLE = 1e-13

describe('rotary positions', () => {
  test.prop([vector])('leave position 0 unchanged', (x) => {
    expect(turnedTo(0, x)).toEqual([...x])
  })

  it('rotate element i with element i + width / 2, by position * frequency_i', () => {
    const [c, s] = [Math.cos, Math.sin]
    expectClose(turnedTo(3, [1, 0, 0, 0]), [c(3), 0, s(3), 0], SINGLE)
    expectClose(turnedTo(3, [0, 0, 1, 0]), [-s(3), 0, c(3), 0], SINGLE)
    expectClose(turnedTo(3, [0, 1, 0, 0]), [0, c(0.3), 0, s(0.3)], SINGLE)
    expectClose(turnedTo(3, [0, 0, 0, 1]), [0, -s(0.3), 0, c(0.3)], SINGLE)
  })

  test.prop([vector, position])('keep lengths', (x, at) => {
    const y = turnedTo(at, x)
    expectClose([dot(y, y)], [dot(x, x)], 2 * TURN * dot(x, x) + DOUBLE)
  })

  test.prop([vector, vector, fc.nat(5), fc.nat(5), fc.nat(6)])(
    'make a score depend only on the distance of query and key',
    (q, k, m, n, shift) => {
      const here = dot(turnedTo(m, q), turnedTo(n, k))
      // Four rotations are rounded, two on each side.
      const bound = 4 * TURN * Math.sqrt(dot(q, q) * dot(k, k))
      expectClose([dot(turnedTo(m + shift, q), turnedTo(n + shift, k))], [here], bound + DOUBLE)
    },
  )

  test.prop([fc.array(vector, { minLength: 3, maxLength: 3 }), fc.tuple(position, position, position)])(
    'depend on the position of a vector and not on its place in the row',
    (vectors, own) => {
      const places = Array.from({ length: limit }, (_, at) => vectors[at % 3]!)
      const fromStart = numbers(turnedFromStart(limit)(input('x', [1, 1, limit, width])), {
        x: floats([1, 1, limit, width], places.flat()),
      })
      const each = numbers(turned(input('x', [3, 1, 1, width]), positions(3)), {
        x: floats(
          [3, 1, 1, width],
          own.flatMap((at) => places[at]!),
        ),
        positions: ints([3, 1], own),
      })
      expect(each).toEqual(own.flatMap((at) => fromStart.slice(at * width, (at + 1) * width)))
    },
  )

  it('rotate every head and every row equally', () => {
    const [B, H, T] = [2, 3, 2]
    const x = Array.from({ length: B * H * T * width }, (_, i) => (i % (T * width)) / 8)
    const found = numbers(turnedFromStart(T)(input('x', [B, H, T, width])), {
      x: floats([B, H, T, width], x),
    })
    const first = found.slice(0, T * width)
    expect(found).toEqual(Array.from({ length: B * H }, () => first).flat())
  })

  test.prop([vector, position])('rotate back', (x, at) => {
    const own = positions(1)
    const there = turned(input('x', [1, 1, 1, width]), own)
    const feed = { x: floats([1, 1, 1, width], x), positions: ints([1, 1], [at]) }
    expectClose(numbers(turned(there, own, true), feed), x, 4 * SINGLE)
  })
})
