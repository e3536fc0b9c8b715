import { afterAll, describe, expect, test } from 'vitest'
import type { Engine } from '#lib/compute/engine/engine.js'
import { openTfjs } from '#lib/compute/engine/tfjs/open-tfjs.js'
import * as o from '#lib/compute/operation/index.js'
import type { HostTensor, Node, Shape } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { expectClose } from '../../reference/close.js'
import { interpret } from '../../reference/interpret.js'
import { backends } from './backends.js'

const engines: Engine[] = []
for (const backend of backends) engines.push(await openTfjs(backend))
afterAll(() => Promise.all(engines.map((engine) => engine.close())))

const floats = (...values: number[]): HostTensor => ({ shape: [values.length], data: Float32Array.from(values) })
const ints = (...values: number[]): HostTensor => ({ shape: [values.length], data: Int32Array.from(values) })
const waves = (shape: Shape): HostTensor => {
  const size = shape.reduce((a, b) => a * b, 1)
  return { shape, data: Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.7)) }
}

const evaluate = async (engine: Engine, y: Node, feed: Record<string, HostTensor>): Promise<HostTensor> => {
  const executable = await engine.compile(program('tried', { y }))
  try {
    return (await executable.run(feed, ['y'])).host.y!
  } finally {
    executable.dispose()
  }
}

const expectReference = async (
  engine: Engine,
  y: Node,
  feed: Record<string, HostTensor>,
  tolerance = 1e-5,
): Promise<void> =>
  expectClose((await evaluate(engine, y, feed)).data, interpret(program('tried', { y }), feed).y!.data, tolerance)

/** Cases in which a kernel of some backend is wrong without an error, or would be if it were called directly. */
describe.each(engines)('$name', (engine) => {
  test('one-hot rows hold 1.0 and not the bits of the integer 1, and an id outside gives zeros', async () => {
    const y = o.oneHot(o.input('ids', [4], 'int32'), 2)
    expect(await evaluate(engine, y, { ids: ints(0, 1, -1, 2) })).toEqual({
      shape: [4, 2],
      data: Float32Array.of(1, 0, 0, 1, 0, 0, 0, 0),
    })
  })

  test('every condition except 0 selects the first operand: a fraction, NaN, -0.5', async () => {
    const y = o.select(o.input('condition', [6]), o.scalar(1), o.scalar(2))
    const { data } = await evaluate(engine, y, { condition: floats(0, 0.5, -0.5, NaN, -0, 256) })
    expect([...data]).toEqual([2, 1, 1, 1, 2, 1])
  })

  test('gather takes ids of two axes along the first axis of the table', async () => {
    const y = o.gather(o.input('table', [3, 2, 2]), o.input('ids', [3, 2], 'int32'))
    const ids = { shape: [3, 2], data: Int32Array.of(2, 0, 1, 1, 0, 2) }
    await expectReference(engine, y, { table: waves([3, 2, 2]), ids })
  })

  test('two thousand updates of a few ids are all summed', async () => {
    const [count, width, rows] = [2048, 16, 5]
    const y = o.scatterAdd(o.input('ids', [count], 'int32'), o.input('updates', [count, width]), rows)
    const ids = { shape: [count], data: Int32Array.from({ length: count }, (_, i) => (i * i) % rows) }
    // A GPU sums in any order and rounds each time. A lost update would be a much larger error.
    await expectReference(engine, y, { ids, updates: waves([count, width]) }, 1e-4)
  })

  test('updates outside the rows are refused and not written elsewhere', async () => {
    const y = o.scatterAdd(o.input('ids', [2], 'int32'), o.input('updates', [2]), 3)
    for (const id of [-1, 3])
      await expect(evaluate(engine, y, { ids: ints(0, id), updates: floats(1, 1) })).rejects.toThrow(
        `program "tried": input "ids": the id ${id} is out of the range 0 to 2`,
      )
  })

  test('ids are checked through a reshape, against the smallest table that they read', async () => {
    const ids = o.input('ids', [2], 'int32')
    const y = o.add(o.gather(o.input('small', [2]), o.reshape(ids, [1, 2])), o.gather(o.input('large', [3]), ids))
    const tables = { small: floats(1, 2), large: floats(1, 2, 3) }
    await expect(evaluate(engine, y, { ...tables, ids: ints(0, 2) })).rejects.toThrow(
      'program "tried": input "ids": the id 2 is out of the range 0 to 1',
    )
    expect((await evaluate(engine, y, { ...tables, ids: ints(0, 1) })).data).toEqual(Float32Array.of(2, 4))
  })

  // WebGPU drops such updates, because the values of a run cannot be read before its end.
  test.skipIf(engine.name === 'tfjs-webgpu')('updates at computed ids outside the rows are refused', async () => {
    const ids = o.cast(o.neg(o.input('negated', [2])), 'int32')
    const y = o.scatterAdd(ids, o.input('updates', [2]), 3)
    await expect(evaluate(engine, y, { negated: floats(0, -3), updates: floats(1, 1) })).rejects.toThrow(
      'program "tried": scatterAdd of int32[2] and float32[2]: RangeError: the id 3 is out of the range 0 to 2',
    )
  })

  test.each<[Shape, Shape]>([
    [
      [2, 1, 3, 4],
      [1, 5, 4, 2],
    ],
    [
      [2, 5, 3, 4],
      [1, 1, 4, 2],
    ],
    [
      [4, 4],
      [2, 3, 4, 4],
    ],
    [
      [2, 1, 2, 3, 4],
      [2, 2, 1, 4, 2],
    ],
  ])('products of %j and %j broadcast', async (a, b) => {
    await expectReference(engine, o.matmul(o.input('a', a), o.input('b', b)), { a: waves(a), b: waves(b) })
  })

  test('six axes broadcast, reduce, transpose and pad like two', async () => {
    const [shape, other]: [Shape, Shape] = [
      [2, 3, 2, 2, 2, 3],
      [1, 3, 1, 2, 1, 3],
    ]
    const [x, z] = [o.input('x', shape), o.input('z', other)]
    const joined = o.select(o.less(x, z), o.add(x, z), o.mul(x, z))
    const moved = o.transpose(joined, [5, 0, 2, 4, 1, 3])
    const grown = o.pad(o.slice(moved, [1, 0, 0, 0, 1, 0], [2, 2, 2, 1, 2, 2]), [0, 1, 0, 0, 1, 0], [1, 0, 0, 1, 0, 0])
    const doubled = o.concat([grown, grown], 2)
    const y = o.sum(o.mul(doubled, o.max(doubled, [0, 2, 5], true)), [0, 3])
    await expectReference(engine, y, { x: waves(shape), z: waves(other) })
  })
})
