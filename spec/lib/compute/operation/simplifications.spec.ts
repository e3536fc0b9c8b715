import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as o from '#lib/compute/operation/index.js'
import { isOp, type Node } from '#lib/compute/program/node.js'

const x = o.input('x', [2, 3])
const y = o.input('y', [2, 3])
const ids = o.input('ids', [2], 'int32')

/** Left: the call. Right: the node that it returns. */
const same: Readonly<Record<string, readonly [Node, Node]>> = {
  'x + 0': [o.add(x, o.scalar(0)), x],
  '0 + x': [o.add(o.scalar(0), x), x],
  'x - 0': [o.sub(x, o.scalar(0)), x],
  'x * 1': [o.mul(x, o.scalar(1)), x],
  '1 * x': [o.mul(o.constant(Float32Array.of(1), [1, 1]), x), x],
  'x / 1': [o.div(x, o.scalar(1)), x],
  '-(-x)': [o.neg(o.neg(x)), x],
  'sum over nothing': [o.sum(x, []), x],
  'max over nothing': [o.max(x, [], true), x],
  'reshape to its own shape': [o.reshape(x, [2, 3]), x],
  'reshape there and back': [o.reshape(o.reshape(x, [6]), [2, 3]), x],
  'transpose by the identity': [o.transpose(x, [0, 1]), x],
  'transpose there and back': [o.transpose(o.transpose(x, [1, 0]), [-1, 0]), x],
  'broadcast to its own shape': [o.broadcast(x, [2, 3]), x],
  'slice of everything': [o.slice(x, [0, 0], [2, 3]), x],
  'concat of one': [o.concat([x], 0), x],
  'pad by nothing': [o.pad(x, [0, 0], [0, 0]), x],
  'cast to its own type': [o.cast(ids, 'int32'), ids],
}

describe('builders', () => {
  test.each(Object.entries(same))('%s', (_, [built, expected]) => {
    expect(built).toBe(expected)
  })

  test('a neutral constant that changes the shape stays', () => {
    expect(o.mul(x, o.constant(Float32Array.of(1), [1, 1, 1])).shape).toEqual([1, 2, 3])
    expect(o.add(o.scalar(2), o.constant(Float32Array.of(0), [1])).shape).toEqual([1])
  })

  test('x + (-y) is x - y', () => {
    expect(o.add(x, o.neg(y))).toEqual(o.sub(x, y))
  })

  test('the sum of neighbouring pads is one pad of their concatenation', () => {
    const [first, second] = [o.input('first', [2, 1]), o.input('second', [2, 3])]
    const [left, right] = [o.pad(first, [0, 0], [0, 3]), o.pad(second, [0, 1], [0, 0])]
    expect(o.add(left, right)).toEqual(o.concat([first, second], 1))
    expect(o.add(right, left)).toEqual(o.concat([first, second], 1))
    const within = [o.pad(first, [1, 1], [0, 5]), o.pad(second, [1, 2], [0, 2])] as const
    expect(o.add(...within)).toEqual(o.pad(o.concat([first, second], 1), [1, 1], [0, 2]))
  })

  test('pads that overlap, leave a gap or differ in two axes are added', () => {
    const z = o.input('z', [2, 2])
    const added = (a: Node, b: Node) => expect(o.add(a, b).op).toBe('add')
    added(o.pad(z, [0, 0], [0, 1]), o.pad(z, [0, 1], [0, 0]))
    added(o.pad(z, [0, 0], [0, 3]), o.pad(z, [0, 3], [0, 0]))
    added(o.pad(z, [0, 0], [1, 2]), o.pad(z, [1, 2], [0, 0]))
  })

  test('a slice of a pad is a slice of the padded tensor, or zeros', () => {
    const padded = o.pad(x, [0, 1], [0, 4])
    expect(o.slice(padded, [1, 2], [1, 2])).toEqual(o.slice(x, [1, 1], [1, 2]))
    expect(o.slice(padded, [0, 1], [2, 3])).toBe(x)
    expect(o.slice(padded, [0, 0], [2, 1])).toEqual(o.constant(new Float32Array(2), [2, 1]))
    expect(o.slice(padded, [1, 4], [1, 3])).toEqual(o.constant(new Float32Array(3), [1, 3]))
    expect(o.slice(padded, [0, 0], [2, 2]).inputs).toEqual([padded])
  })

  test('a slice of a concat is a slice of one part', () => {
    const both = o.concat([x, y], 1)
    expect(o.slice(both, [0, 0], [2, 3])).toBe(x)
    expect(o.slice(both, [1, 4], [1, 2])).toEqual(o.slice(y, [1, 1], [1, 2]))
    expect(o.slice(both, [0, 2], [2, 2]).inputs).toEqual([both])
  })

  test('a reshape of a reshape is one reshape, and a reshape of a constant is a constant', () => {
    expect(o.reshape(o.reshape(x, [6]), [3, 2]).inputs).toEqual([x])
    expect(o.reshape(o.constant(Int32Array.of(1, 2), [2]), [2, 1])).toEqual(o.constant(Int32Array.of(1, 2), [2, 1]))
  })

  test('transposes compose', () => {
    const axes = [0, 1, 2, 3]
    const order = fc.shuffledSubarray(axes, { minLength: 4 })
    const cube = o.input('cube', [2, 3, 4, 5])
    fc.assert(
      fc.property(order, order, (first, second) => {
        const twice = o.transpose(o.transpose(cube, first), second)
        expect(twice).toEqual(
          o.transpose(
            cube,
            second.map((axis) => first[axis]!),
          ),
        )
      }),
    )
  })

  test('scalars fold in float32', () => {
    const number = fc.float({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(number, number, (a, b) => {
        const folded = [o.add, o.sub, o.mul, o.div].map((f) => f(o.scalar(a), o.scalar(b)))
        const expected = [a + b, a - b, a * b, a / b].map((value) => o.scalar(value))
        expect(folded).toEqual(expected)
      }),
      { examples: [0, -0].flatMap((a) => [0, -0, 1].map((b): [number, number] => [a, b])) },
    )
  })

  test('axes are counted from 0 and sorted', () => {
    const cube = o.input('cube', [2, 3, 4])
    const total = o.sum(cube, [-1, 0])
    expect(isOp(total, 'sum') && total.attributes.axes).toEqual([0, 2])
    const joined = o.concat([cube, cube], -2)
    expect(isOp(joined, 'concat') && joined.attributes.axis).toBe(1)
  })

  test('a reduction of axes of size 1 is a reshape', () => {
    const column = o.input('column', [3, 1])
    expect(o.sum(column, [1])).toEqual(o.reshape(column, [3]))
    expect(o.max(column, [1], true)).toBe(column)
  })
})
