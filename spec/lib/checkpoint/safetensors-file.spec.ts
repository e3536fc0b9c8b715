import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import { bytesOf, encode, layOut } from '#lib/checkpoint/safetensors.js'
import { openSafetensors } from '#lib/checkpoint/safetensors-file.js'
import { temporaryFolder } from '../run/temporary.js'

const read = async (file: string) => {
  const opened = await openSafetensors(file, 'a file')()
  if (E.isLeft(opened)) throw opened.left
  const found = []
  for await (const tensor of opened.right.tensors(opened.right.entries.keys())) found.push(tensor)
  return new Map(found)
}

/** Length that is more than one read and not a multiple of it. */
const LENGTH = 2 ** 22 + 12_345

it.each(['F16', 'BF16'] as const)('a long tensor in %s is read completely, piece by piece', async (dtype) => {
  // Both types represent these numbers exactly.
  const data = Float32Array.from({ length: LENGTH }, (_, i) => (i % 251) - 125)
  const { header } = layOut(new Map([['x', { shape: [LENGTH], dtype }]]), {})
  const file = join(await temporaryFolder(), 'x.safetensors')
  await writeFile(file, Buffer.concat([header, bytesOf(data, dtype)]))
  const found = (await read(file)).get('x')!
  expect([found.shape, found.data.constructor, found.data.length]).toEqual([[LENGTH], Float32Array, LENGTH])
  expect(found.data.every((x, i) => x === data[i])).toBe(true)
})

it('a long tensor of bytes stays one of bytes', async () => {
  const tensors = new Map([['x', { shape: [2, LENGTH], data: new Int8Array(2 * LENGTH).fill(-7) }]])
  const file = join(await temporaryFolder(), 'x.safetensors')
  await writeFile(file, encode(tensors))
  const { shape, data } = (await read(file)).get('x')!
  expect([shape, data.constructor, data.length]).toEqual([[2, LENGTH], Int8Array, 2 * LENGTH])
  // An assertion on each of eight million takes half a minute.
  expect(data.every((x) => x === -7)).toBe(true)
})
