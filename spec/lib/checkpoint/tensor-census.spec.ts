import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { encode } from '#lib/checkpoint/safetensors.js'
import { censusOfTensors } from '#lib/checkpoint/tensor-census.js'
import { temporaryFolder } from '../run/temporary.js'

const weights = encode(
  new Map([
    ['a', { shape: [2, 2], data: Float32Array.of(1, -2, NaN, 4) }],
    ['b', { shape: [3], data: Int8Array.of(1, 2, 3) }],
  ]),
)
const golden = (name: string) => fileURLToPath(new URL(`../../golden/checkpoints/${name}`, import.meta.url))

const read = async (path: string) => {
  const found = await censusOfTensors(path)()
  if (E.isLeft(found)) throw found.left
  return found.right
}

describe('censusOfTensors', () => {
  it('summarises every tensor of a safetensors file', async () => {
    const file = join(await temporaryFolder(), 'weights.safetensors')
    await writeFile(file, weights)
    expect(await read(file)).toMatchObject([
      { file, name: 'a', shape: [2, 2], census: { count: 4, nan: 1, min: -2, max: 4, mean: 1, firstBad: 2 } },
      { file, name: 'b', shape: [3], census: { count: 3, min: 1, max: 3, mean: 2, firstBad: null } },
    ])
  })

  it('reads GGUF files, and folders of several safetensors files', async () => {
    for (const path of [golden('llama.gguf'), golden('sharded-bf16')]) {
      const tensors = await read(path)
      expect(tensors.length).toBeGreaterThan(5)
      for (const { shape, census } of tensors) {
        expect(census.count).toBe(shape.reduce((a, b) => a * b, 1))
        expect(census.firstBad).toBeNull()
      }
    }
    expect(new Set((await read(golden('sharded-bf16'))).map(({ file }) => file)).size).toBe(2)
  })

  it('names the file that is missing, of another kind, or cut short, and a folder without weights', async () => {
    const folder = await temporaryFolder()
    const at = (name: string) => join(folder, name)
    await writeFile(at('text.safetensors'), 'not a checkpoint')
    await writeFile(at('cut.safetensors'), weights.subarray(0, weights.length - 1))
    await mkdir(at('empty'))
    const messageOf = async (path: string) => {
      const found = await censusOfTensors(path)()
      return E.isLeft(found) ? found.left.message : ''
    }
    const kinds = 'expected a .safetensors file, a .gguf file, or a folder with .safetensors files'
    expect(await messageOf(at('none'))).toBe(`${at('none')}: found no such file, ${kinds}`)
    expect(await messageOf(at('empty'))).toBe(`${at('empty')}: found a folder without a .safetensors file, ${kinds}`)
    expect(await messageOf(at('text.safetensors'))).toContain(`${at('text.safetensors')}: found`)
    expect(await messageOf(at('cut.safetensors'))).toContain(`${at('cut.safetensors')}, b: found`)
  })
})
