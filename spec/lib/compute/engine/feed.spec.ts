import { expect, test } from 'vitest'
import type { Feed } from '#lib/compute/engine/engine.js'
import { checkRun } from '#lib/compute/engine/feed.js'
import { add, gather, input } from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'

const lookUp = program('look up', {
  row: add(gather(input('table', [4, 3]), input('ids', [2], 'int32')), input('offset', [3])),
})
const good = {
  table: { shape: [4, 3], data: new Float32Array(12) },
  ids: { shape: [2], data: new Int32Array(2) },
  offset: { shape: [3], data: new Float32Array(3) },
}
const without = (name: keyof typeof good): Feed =>
  Object.fromEntries(Object.entries(good).filter(([given]) => given !== name))

test('a feed that fits is accepted', () => {
  expect(() => checkRun(lookUp, good, ['row'])).not.toThrow()
})

test.each<[string, Feed, readonly string[], string]>([
  ['a missing input', without('ids'), [], 'program "look up": input "ids" is missing'],
  [
    'a superfluous input',
    { ...good, bias: good.offset },
    [],
    'program "look up": there is no input "bias"; there is table, ids, offset',
  ],
  [
    'another shape',
    { ...good, table: { shape: [3, 4], data: new Float32Array(12) } },
    [],
    'program "look up": input "table" is float32[3, 4], expected float32[4, 3]',
  ],
  [
    'another type',
    { ...good, ids: { shape: [2], data: new Float32Array(2) } },
    [],
    'program "look up": input "ids" is float32[2], expected int32[2]',
  ],
  [
    'eight bits for another type',
    { ...good, ids: { shape: [2], data: new Int8Array(2) } },
    [],
    'program "look up": input "ids" is int8[2], expected int32[2]',
  ],
  [
    'an array that does not fill its shape',
    { ...good, offset: { shape: [3], data: new Float32Array(2) } },
    [],
    'program "look up": input "offset" holds 2 elements, its shape [3] has 3',
  ],
  ['an unknown output', good, ['column'], 'program "look up": there is no output "column"; there is row'],
])('%s is named', (_, feed, read, message) => {
  expect(() => checkRun(lookUp, feed, read)).toThrow(expect.objectContaining({ _tag: 'EngineFailed', message }))
})
