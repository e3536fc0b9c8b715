import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import { bytesOf, decode, encode, layOut } from '#lib/checkpoint/safetensors.js'
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

const doubles = async (data: Float64Array) => {
  const { header } = layOut(new Map([['x', { shape: [data.length], dtype: 'F64' }]]), {})
  const file = join(await temporaryFolder(), 'x.safetensors')
  await writeFile(file, Buffer.concat([header, new Uint8Array(data.buffer)]))
  return file
}

it('a long tensor in F64 is rounded to float32, piece by piece', async () => {
  const data = Float64Array.from({ length: LENGTH }, (_, i) => (i % 251) / 3)
  const found = (await read(await doubles(data))).get('x')!
  expect([found.shape, found.data.constructor, found.data.length]).toEqual([[LENGTH], Float32Array, LENGTH])
  expect(found.data.every((x, i) => x === Math.fround(data[i]!))).toBe(true)
})

it('keeps the infinities of F64, and refuses a number outside the range of float32', async () => {
  const [whole, broken] = [Float64Array.of(1e-300, -Infinity, NaN), Float64Array.of(1, -1e39)]
  expect([...(await read(await doubles(whole))).get('x')!.data]).toEqual([0, -Infinity, NaN])
  const file = await doubles(broken)
  const message = `${file}, x: found -1e+39, expected numbers in the range of float32`
  await expect(read(file)).rejects.toThrow(message)
  expect(decode(await readFile(file), file)).toMatchObject(E.left({ message }))
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
