import { afterAll, expect, test } from 'vitest'
import { openOnnx } from '#lib/compute/engine/onnx/onnx-engine.js'
import { lower } from '#lib/compute/engine/onnx/lower.js'
import * as o from '#lib/compute/operation/index.js'
import type { Node, Shape } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { interpret } from '../../reference/interpret.js'

const engine = await openOnnx({ threads: 2 })
afterAll(() => engine.close())

const [B, L, D] = [5, 4, 3]
const range = (length: number, from = 0) => Int32Array.from({ length }, (_, i) => from + i)
const count = (shape: Shape, data = range(L)) => o.constant(data, shape)
const position = o.input('position', [B, 1, 1], 'int32')
const slice = o.input('slice', [B, 1, D])
const rest = o.input('rest', [B, L, D])
const feed = {
  // Before the axis, at both ends of it, behind it.
  position: { shape: [B, 1, 1], data: Int32Array.of(-1, 0, 2, 3, 4) },
  slice: { shape: [B, 1, D], data: Float32Array.from(range(B * D, 100)) },
  rest: { shape: [B, L, D], data: Float32Array.from(range(B * L * D)) },
}

test.each<[string, boolean, Node]>([
  ['writes a slice', true, o.select(o.equal(position, count([1, L, 1])), slice, rest)],
  ['writes a slice, compared the other way', true, o.select(o.equal(count([1, L, 1]), position), slice, rest)],
  [
    'writes a scalar',
    true,
    o.select(o.equal(position, count([1, L, 1])), o.constant(Float32Array.of(9), [1, 1, 1]), rest),
  ],
  ['counts from one', false, o.select(o.equal(position, count([1, L, 1], range(L, 1))), slice, rest)],
  ['counts along another axis', false, o.select(o.equal(position, count([1, 1, 3], range(3))), slice, rest)],
  ['replaces all but one', false, o.select(o.equal(position, count([1, L, 1])), rest, slice)],
  ['takes a scalar of lower rank', false, o.select(o.equal(position, count([1, L, 1])), o.scalar(9), rest)],
])('a select that %s (as a scatter: %s)', async (name, scatters, y) => {
  const lowered = program(name, { y, ...Object.fromEntries([slice, rest].map((node, i) => [`kept${i}`, node])) })
  expect(Buffer.from(lower(lowered).model).includes('ScatterElements')).toBe(scatters)
  const executable = await engine.compile(lowered)
  const { host } = await executable.run(feed, ['y'])
  expect([...host.y!.data]).toEqual([...interpret(lowered, feed).y!.data])
})
