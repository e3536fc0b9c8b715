import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gradient } from '#lib/compute/gradient.js'
import * as o from '#lib/compute/operation/index.js'
import type { Node, Primitive } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { ShapeError } from '#lib/compute/program/shape-error.js'
import { topologicalOrder } from '#lib/compute/program/traverse.js'
import { expectClose } from './reference/close.js'
import { interpret } from './reference/interpret.js'
import type { ReferenceTensor } from './reference/tensor.js'

type Feed = Record<string, ReferenceTensor>

const vector = (...data: number[]): ReferenceTensor => ({ shape: [data.length], data: Float64Array.from(data) })
const x = o.input('x', [3])
const total = (y: Node) =>
  o.sum(
    y,
    y.shape.map((_, axis) => axis),
  )

/** Computes the gradient of a function of x. */
const numbers = (loss: Node, feed: Feed, of: Node = x): number[] =>
  Array.from(interpret(program('gradient', { g: gradient(loss, [of])[0]! }), feed)['g']!.data)

const nodesOf = (outputs: readonly Node[]): readonly Node[] =>
  topologicalOrder(program('count', Object.fromEntries(outputs.map((node, i) => [i, node]))))

const count = (outputs: readonly Node[], op: Primitive): number =>
  nodesOf(outputs).filter((node) => node.op === op).length

const functions: readonly ((y: Node) => Node)[] = [
  (y) => total(o.mul(y, y)),
  (y) => total(o.exp(y)),
  (y) => o.max(y, [0]),
  (y) => o.sqrt(total(o.sigmoid(y))),
  (y) => total(o.mul(o.softmax(y), y)),
]
const someFunction = fc.constantFrom(...functions)
const number = fc.integer({ min: -20, max: 20 }).map((n) => n / 8)
const feed = fc.tuple(number, number, number).map(([a, b, c]): Feed => ({ x: vector(a, b + 0.01, c + 0.02) }))

describe('gradient', () => {
  test('is linear: d(a f + b g) = a df + b dg', () => {
    fc.assert(
      fc.property(someFunction, someFunction, number, number, feed, (f, g, a, b, at) => {
        const joined = o.add(o.mul(o.scalar(a), f(x)), o.mul(o.scalar(b), g(x)))
        const [df, dg] = [numbers(f(x), at), numbers(g(x), at)]
        expectClose(
          numbers(joined, at),
          df.map((d, i) => a * d + b * dg[i]!),
          1e-12,
        )
      }),
    )
  })

  test('of a sum of outputs is the sum of their gradients, however the outputs are joined', () => {
    fc.assert(
      fc.property(someFunction, someFunction, feed, (f, g, at) => {
        const joined = o.concat([o.reshape(f(x), [1]), o.reshape(g(x), [1])], 0)
        expectClose(numbers(total(joined), at), numbers(o.add(f(x), g(x)), at), 1e-12)
      }),
    )
  })

  test('obeys the chain rule through a node in between', () => {
    fc.assert(
      fc.property(someFunction, feed, (f, at) => {
        const middle = o.mul(x, o.scalar(3))
        const loss = f(middle)
        const throughMiddle = numbers(loss, at, middle)
        expectClose(
          numbers(loss, at),
          throughMiddle.map((d) => 3 * d),
          1e-12,
        )
      }),
    )
  })

  test('is summed over every use of a value', () => {
    const y = o.mul(x, o.scalar(2))
    expect(numbers(total(o.add(o.add(y, y), y)), { x: vector(1, 2, 3) })).toEqual([6, 6, 6])
  })

  test('of the loss by itself is 1, and the same node twice has the same gradient twice', () => {
    const loss = total(x)
    expect(gradient(loss, [loss])).toEqual([o.scalar(1)])
    const [first, second] = gradient(loss, [x, x])
    expect(first).toEqual(second)
  })

  test.each<[string, Node]>([
    ['where there is no path', total(o.input('other', [3]))],
    ['through stopGradient', total(o.stopGradient(o.exp(x)))],
    ['through int32', total(o.cast(o.cast(x, 'int32'), 'float32'))],
    ['through less and equal', total(o.add(o.less(x, o.scalar(1)), o.equal(x, o.scalar(1))))],
    ['through oneHot', total(o.oneHot(o.cast(x, 'int32'), 4))],
    ['through the condition of a select', total(o.select(x, o.scalar(2), o.scalar(3)))],
  ])('is zero %s', (_, loss) => {
    const [g] = gradient(loss, [x])
    expect(g?.shape).toEqual([3])
    expect(numbers(loss, {})).toEqual([0, 0, 0])
  })

  test('stopGradient hides one factor and leaves the other', () => {
    expect(numbers(total(o.mul(x, o.stopGradient(x))), { x: vector(1, 2, 3) })).toEqual([1, 2, 3])
  })

  test('max splits a tie equally, and maximum and minimum give it to the first operand', () => {
    expect(numbers(o.max(x, [0]), { x: vector(5, 1, 5) })).toEqual([0.5, 0, 0.5])
    const other = o.constant(Float32Array.of(1, 2, 3), [3])
    for (const f of [o.maximum, o.minimum]) {
      expect(numbers(total(f(x, other)), { x: vector(1, 2, 3) })).toEqual([1, 1, 1])
      expect(numbers(total(f(other, x)), { x: vector(1, 2, 3) })).toEqual([0, 0, 0])
    }
  })

  test('gather sums the gradients of a row that was read more than once', () => {
    const read = o.gather(x, o.constant(Int32Array.of(2, 0, 2, 2), [4]))
    expect(numbers(total(read), { x: vector(1, 2, 3) })).toEqual([1, 0, 3])
  })

  test('differentiates twice: d2(x^4) = 12 x^2', () => {
    const square = o.mul(x, x)
    const [first] = gradient(total(o.mul(square, square)), [x])
    expect(numbers(total(first!), { x: vector(1, -2, 3) })).toEqual([12, 48, 108])
  })

  test('is refused for a loss that is not a float32 scalar', () => {
    expect(() => gradient(x, [x])).toThrow(ShapeError)
    expect(() => gradient(o.input('count', [], 'int32'), [x])).toThrow(
      'gradient: found int32[], expected a loss float32[]',
    )
  })

  test('reaches through 20,000 nodes in a row', () => {
    const deep = Array.from({ length: 20_000 }).reduce<Node>((y) => o.add(y, x), x)
    expect(numbers(total(deep), { x: vector(1, 2, 3) })).toEqual([20_001, 20_001, 20_001])
  })
})

describe('gradient with checkpoints', () => {
  const weight = o.input('weight', [3])
  /** Bounded steps: a chain of them never overflows, so that every gradient is a number. */
  const steps: readonly ((y: Node) => Node)[] = [
    (y) => o.exp(o.mul(o.sigmoid(y), o.scalar(0.5))),
    (y) => o.add(y, o.sqrt(o.exp(o.sigmoid(y)))),
    (y) => o.mul(o.softmax(y), weight),
    (y) => y,
  ]
  /** Chain of steps, the inputs of each step, and the loss at the end. */
  const chained = fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: 6 }).map((chain) => {
    const stream = [o.mul(x, weight)]
    for (const step of chain) stream.push(step(stream.at(-1)!))
    return { stream, loss: total(o.mul(stream.at(-1)!, stream.at(-1)!)) }
  })

  test('is the same as without them, up to rounding', () => {
    fc.assert(
      fc.property(chained, feed, ({ stream, loss }, at) => {
        const all = { ...at, weight: vector(0.5, -1, 2) }
        const of = (checkpoints: readonly Node[]) => {
          const [dx, dw] = gradient(loss, [x, weight], checkpoints)
          const found = interpret(program('gradient', { loss, dx: dx!, dw: dw! }), all)
          return [...found['dx']!.data, ...found['dw']!.data]
        }
        expectClose(of(stream), of([]), 1e-15)
      }),
    )
  })

  /** Program x -> three times exp(sigmoid) -> loss. */
  const exponentials = (layers: number) => {
    const stream: Node[] = [x]
    for (let layer = 0; layer < layers; layer++) stream.push(o.exp(o.sigmoid(stream.at(-1)!)))
    return { stream, loss: total(o.mul(stream.at(-1)!, stream.at(-1)!)) }
  }

  test('keeps no value between two checkpoints for the backward pass', () => {
    const { stream, loss } = exponentials(3)
    const order = nodesOf([loss, ...gradient(loss, [x], stream)])
    const forward = new Set(nodesOf([loss]))
    const between = nodesOf([loss]).filter(({ op }) => op === 'sigmoid')
    expect(between).toHaveLength(3)
    const readers = order.filter(({ inputs }) => inputs.some((input) => between.includes(input)))
    expect(readers.every((node) => forward.has(node))).toBe(true)
    expect(order.filter(({ op }) => op === 'sigmoid')).toHaveLength(6)
  })

  test('computes nothing again before the first checkpoint, after the last, and without any', () => {
    const { stream, loss } = exponentials(4)
    const sigmoids = (checkpoints: readonly Node[]) => count([loss, ...gradient(loss, [x], checkpoints)], 'sigmoid')
    expect(sigmoids([])).toBe(4)
    expect(sigmoids(stream.slice(0, 1))).toBe(4)
    expect(sigmoids(stream.slice(1, 3))).toBe(5)
  })

  test('computes values again only after the gradient of the next checkpoint is known', () => {
    const { stream, loss } = exponentials(2)
    const order = nodesOf([loss, ...gradient(loss, [x], stream)])
    const again = order.filter(({ op }) => op === 'sigmoid').slice(2)
    for (const node of again) expect(order.indexOf(node)).toBeGreaterThan(order.indexOf(loss))
  })

  test('reaches through 20,000 nodes between two checkpoints', () => {
    const deep = Array.from({ length: 20_000 }).reduce<Node>((y) => o.add(y, x), x)
    const [g] = gradient(total(deep), [x], [x, deep])
    expect(nodesOf([g!]).length).toBeGreaterThan(0)
  })
})

describe('gradient programs are small', () => {
  test('a weight matrix gets one two-dimensional product over all rows', () => {
    const [rows, weight] = [o.input('rows', [4, 5, 3]), o.input('weight', [3, 2])]
    const [g] = gradient(total(o.exp(o.matmul(rows, weight))), [weight])
    const products = nodesOf([g!]).filter(({ op }) => op === 'matmul')
    expect(products.map(({ shape }) => shape)).toEqual([
      [4, 5, 2],
      [3, 2],
    ])
  })

  test('a transposed weight [out, in] costs no second transpose of its gradient', () => {
    const [rows, weight] = [o.input('rows', [4, 3]), o.input('weight', [2, 3])]
    const loss = total(o.exp(o.matmul(rows, o.transpose(weight, [1, 0]))))
    const gradients = gradient(loss, [rows, weight])
    expect(count(gradients, 'matmul')).toBe(3)
    expect(
      nodesOf(gradients)
        .filter(({ op }) => op === 'transpose')
        .map(({ shape }) => shape),
    ).toEqual([
      [3, 2],
      [2, 4],
    ])
  })

  test('broadcasts of inner sums are never materialised', () => {
    const [rows, scale] = [o.input('rows', [4, 3]), o.input('scale', [3])]
    const mean = o.mul(o.sum(o.mul(rows, rows), [-1], true), o.scalar(1 / 3))
    const loss = total(o.exp(o.mul(o.div(rows, o.sqrt(mean)), scale)))
    const gradients = gradient(loss, [rows, scale])
    expect(count(gradients, 'broadcast')).toBe(0)
    expect(count(gradients, 'sum')).toBe(3)
  })

  test('only the paths to the requested inputs are differentiated', () => {
    const [a, b] = [o.input('a', [2, 2]), o.input('b', [2, 2])]
    const [g] = gradient(total(o.matmul(a, b)), [a])
    expect(nodesOf([g!])).not.toContain(a)
  })
})
