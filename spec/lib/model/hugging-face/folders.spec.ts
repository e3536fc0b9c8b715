import { execFileSync } from 'node:child_process'
import { cp, mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { beforeEach, describe, expect, it } from 'vitest'
import type { CheckpointError } from '#lib/checkpoint/checkpoint-error.js'
import { encode } from '#lib/checkpoint/safetensors.js'
import { openSafetensors } from '#lib/checkpoint/safetensors-file.js'
import type { HostTensor } from '#lib/compute/program/node.js'
import type { FileError } from '#lib/file/file-error.js'
import { readHuggingFace, weightFiles } from '#lib/model/hugging-face/read-folder.js'
import { writeHuggingFace } from '#lib/model/hugging-face/write-folder.js'
import type { ModelCheckpoint } from '#lib/model/model-checkpoint.js'
import { readModel } from '#lib/model/model-file.js'
import { initialWeights } from '#lib/model/weights.js'
import { type Loss, losses, type SimulatedDisk, simulatedDisk } from '../../run/checkpoint/simulated-disk.js'
import { temporaryFolder } from '../../run/temporary.js'
import { expectGoldenWeights, goldenCheckpoint } from '../golden-checkpoints.js'
import { inMemory } from '../in-memory.js'

const sharded = goldenCheckpoint('sharded-bf16')
const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const
const indexFile = 'model.safetensors.index.json'

/** Creates a temporary folder. */
let folder: string
beforeEach(async () => {
  folder = join(await temporaryFolder(), 'model')
  await cp(sharded, folder, { recursive: true })
})

const at = (name: string) => join(folder, name)
const jsonOf = async (file: string) => JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
const rewrite = async (name: string, change: object) =>
  writeFile(at(name), JSON.stringify({ ...(await jsonOf(at(name))), ...change }))

const problemOf = async (
  opened: TE.TaskEither<CheckpointError | FileError, unknown>,
  tag: (CheckpointError | FileError)['_tag'] = 'CheckpointError',
) => {
  const found = await opened()
  if (E.isRight(found)) throw new Error('there was no problem')
  expect(found.left._tag).toBe(tag)
  return found.left.message
}

const config = {
  ...{ vocabulary: 5, width: 4, layers: 2, heads: 2, kvHeads: 1, headWidth: 2, feedForward: 3 },
  ...{ ropeTheta: 10_000, normEpsilon: 1e-6 },
}
const model: ModelCheckpoint = { config, weights: initialWeights(config, 1), metadata: { seed: '1' } }

describe('weightFiles', () => {
  it('names the shards with their index, or the one file that is read in their place', async () => {
    expect(await weightFiles(folder)()).toEqual(E.right([indexFile, first, second]))
    await writeFile(at('model.safetensors'), '')
    expect(await weightFiles(folder)()).toEqual(E.right(['model.safetensors']))
  })
})

describe('a folder that transformers wrote', () => {
  it('is read exactly, from shards in bfloat16', async () => {
    const read = await inMemory(readHuggingFace(sharded))
    expectGoldenWeights('sharded-bf16', read)
    expect(read.config).toMatchObject({ attentionBias: true, headNorms: false, tiedHead: true, ropeTheta: 1e6 })
    expect(read.metadata).toEqual({})
  })

  it('can be read more than once', async () => {
    const opened = await readHuggingFace(sharded)()
    const twice = [await inMemory(() => Promise.resolve(opened)), await inMemory(() => Promise.resolve(opened))]
    expect(twice[0]).toEqual(twice[1])
  })

  it('is rejected without its config.json', async () => {
    await rm(at('config.json'))
    expect(await problemOf(readHuggingFace(folder))).toBe(
      `${at('config.json')}: found no such file, expected the config.json of a Hugging Face folder`,
    )
  })

  it('is rejected if config.json is not JSON or describes another network', async () => {
    await rewrite('config.json', { hidden_size: 24 })
    expect(await problemOf(readHuggingFace(folder))).toBe(
      `${folder}, weight model.embed_tokens.weight: found float32[12, 16], expected float32[12, 24]`,
    )
    await rewrite('config.json', { vocab_size: null })
    expect(await problemOf(readHuggingFace(folder))).toBe(
      `${at('config.json')}, vocab_size: found null, expected positive integer`,
    )
    await writeFile(at('config.json'), '{')
    expect(await problemOf(readHuggingFace(folder))).toMatch(/config\.json: found SyntaxError: .*, expected JSON$/)
  })

  it('is rejected without weights', async () => {
    await rm(at(indexFile))
    expect(await problemOf(readHuggingFace(folder))).toBe(
      `${at('model.safetensors')}: found no such file, expected model.safetensors, or ${indexFile} and the files that it names`,
    )
  })

  it('is rejected if a shard is missing', async () => {
    await rm(at(second))
    expect(await problemOf(readHuggingFace(folder))).toBe(
      `${at(second)}: found no such file, expected a shard that ${indexFile} names`,
    )
  })

  it('is rejected if a shard is truncated, before any weight is read', async () => {
    await truncate(at(second), 1000)
    expect(await problemOf(readHuggingFace(folder))).toMatch(
      /model-00002-of-00002\.safetensors, model\.[a-z0-9_.]+: found \d+ bytes of tensors: the file is cut short, expected at least \d+$/,
    )
    await truncate(at(second), 4)
    expect(await problemOf(readHuggingFace(folder))).toContain('found 4 bytes, expected a safetensors file')
  })

  it('is an error if a shard changes after its header was read', async () => {
    const opened = await readHuggingFace(folder)()
    await truncate(at(first), 1000)
    await expect(inMemory(() => Promise.resolve(opened))).rejects.toThrow(
      /model-00001-of-00002\.safetensors: found 1000 bytes, expected at least \d+$/,
    )
    await rm(at(first))
    await expect(inMemory(() => Promise.resolve(opened))).rejects.toThrow('found no such file')
  })

  it('is rejected if the index is wrong', async () => {
    const { weight_map } = await jsonOf(at(indexFile))
    const map = weight_map as Record<string, string>
    const name = 'model.norm.weight'
    await rewrite(indexFile, { weight_map: { ...map, [name]: first } })
    expect(await problemOf(readHuggingFace(folder))).toBe(
      `${at(first)}: found no ${name}, expected the weight there, because ${at(indexFile)} lists it`,
    )
    const less = Object.entries(map).filter(([weight]) => weight !== name)
    await rewrite(indexFile, { weight_map: Object.fromEntries(less) })
    expect(await problemOf(readHuggingFace(folder))).toBe(
      `${folder}, weight ${name}: found nothing, expected float32[16]`,
    )
    await rewrite(indexFile, { weight_map: [1] })
    expect(await problemOf(readHuggingFace(folder))).toBe(
      `${at(indexFile)}, weight_map: found [1], expected names of files by weight`,
    )
  })

  it('is rejected with weights of an unsupported type', async () => {
    const header = JSON.stringify({ 'model.norm.weight': { dtype: 'F8_E4M3', shape: [16], data_offsets: [0, 16] } })
    const bytes = Buffer.alloc(8 + header.length + 16)
    bytes.writeBigUInt64LE(BigInt(header.length))
    bytes.write(header, 8)
    await writeFile(at(second), bytes)
    expect(await problemOf(readHuggingFace(folder))).toContain(
      'model.norm.weight: found {"dtype":"F8_E4M3","shape":[16],"data_offsets":[0,16]}, expected a dtype F64, F32, F16, BF16',
    )
  })

  it('may hold a copy of a tied head and tables of positions', async () => {
    const read = await inMemory(readHuggingFace(sharded))
    const float32 = (length: number): HostTensor => ({ shape: [length], data: new Float32Array(length) })
    const more = new Map([
      ...read.weights,
      ['lm_head.weight', read.weights.get('model.embed_tokens.weight')!] as const,
      ['model.layers.0.self_attn.rotary_emb.inv_freq', float32(2)] as const,
    ])
    await rm(at(indexFile))
    await writeFile(at('model.safetensors'), encode(more, { format: 'pt', seed: '3' }))
    const { weights, ...others } = await inMemory(readHuggingFace(folder))
    expect(valuesOf(weights)).toEqual(valuesOf(read.weights))
    expect({ ...others, weights: read.weights }).toEqual({ ...read, metadata: { seed: '3' } })
    await writeFile(at('model.safetensors'), encode(new Map([...more, ['extra', float32(1)]])))
    expect(await problemOf(readHuggingFace(folder))).toBe(`${folder}, weight extra: found float32[1], expected nothing`)
  })
})

/** Writes all weights of the folder into one file, changed. */
const writeSingle = async (
  change: (weights: ReadonlyMap<string, HostTensor>) => Iterable<readonly [string, HostTensor]>,
) => {
  const { weights } = await inMemory(readHuggingFace(sharded))
  await writeFile(at('model.safetensors'), encode(new Map(change(weights)), { format: 'pt' }))
  return weights
}
/** Shapes and values of weights, without the form in which their file stores them. */
const valuesOf = (weights: ReadonlyMap<string, HostTensor>) =>
  new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data }]))

const negated = ({ shape, data }: HostTensor): HostTensor => ({ shape, data: Float32Array.from(data, (x) => -x) })

describe('a folder whose files disagree', () => {
  it('is read from model.safetensors if there is an index too, as transformers does', async () => {
    const before = await writeSingle((weights) => [...weights].map(([name, tensor]) => [name, negated(tensor)]))
    const { weights } = await inMemory(readHuggingFace(folder))
    const name = 'model.norm.weight'
    expect(weights.get(name)).toEqual(negated(before.get(name)!))
    await writeFile(at(indexFile), 'no JSON')
    expect(await readHuggingFace(folder)()).toMatchObject({ _tag: 'Right' })
  })

  it('has a head of its own if the head differs from the embedding, with a warning', async () => {
    const embedding = 'model.embed_tokens.weight'
    const before = await writeSingle((weights) => [
      ...weights,
      ['lm_head.weight', negated(weights.get(embedding)!)] as const,
    ])
    const read = await readHuggingFace(folder)()
    if (E.isLeft(read)) throw read.left
    expect(read.right.config.tiedHead).toBe(false)
    expect(read.right.warnings).toEqual([
      `${at('config.json')}, tie_word_embeddings: found true, but lm_head.weight differs from ${embedding}; both are used, as in transformers 5. Set the field to false to confirm it`,
    ])
    const { weights } = await inMemory(() => Promise.resolve(read))
    expect(weights.get('lm_head.weight')).toEqual(negated(before.get(embedding)!))
    expect(valuesOf(weights).get(embedding)).toEqual(valuesOf(before).get(embedding))
    // The folder that is written says what it holds.
    expect(await writeHuggingFace(at('out'), read.right, { source: folder })()).toEqual(E.right(undefined))
    expect(await jsonOf(at('out/config.json'))).toMatchObject({ tie_word_embeddings: false })
    const again = await readHuggingFace(at('out'))()
    expect(again).toMatchObject({ right: { config: { tiedHead: false }, warnings: [] } })
  })

  it('has a tied head without a warning if both are equal', async () => {
    await writeSingle((weights) => [...weights, ['lm_head.weight', weights.get('model.embed_tokens.weight')!] as const])
    expect(await readHuggingFace(folder)()).toMatchObject({ right: { config: { tiedHead: true }, warnings: [] } })
  })

  it('is rejected if it holds adapters beside a model, because transformers would load both', async () => {
    await writeFile(at('adapter_config.json'), '{}')
    expect(await problemOf(readHuggingFace(folder))).toMatch(
      /found adapter_config.json beside config.json, expected .*--adapter names a folder of adapters$/,
    )
  })
})

describe('a folder whose files are elsewhere', () => {
  const shardsAt = async (place: string) => {
    const { weight_map } = await jsonOf(at(indexFile))
    const moved = Object.entries(weight_map as Record<string, string>).map(
      ([name, shard]) => [name, `${place}${shard}`] as const,
    )
    await rewrite(indexFile, { weight_map: Object.fromEntries(moved) })
  }

  it.each(['../model/', '/tmp/', 'a/../../', '..\\', './../'])('is rejected if the index names %s', async (place) => {
    await shardsAt(place)
    expect(await problemOf(readHuggingFace(folder))).toMatch(
      /index\.json, weight_map\.[^:]+: found "[^"]+", expected the name of a file in the folder of the index$/,
    )
  })

  it.each(['./', 'parts/', 'parts/../'])('is read if the index names %s', async (place) => {
    await mkdir(at('parts'))
    for (const name of [first, second]) await cp(at(name), at(join('parts', name)))
    await shardsAt(place)
    expect(await readHuggingFace(folder)()).toMatchObject({ _tag: 'Right' })
  })

  it('is read through links, as in the cache of the hub', async () => {
    await mkdir(join(folder, '..', 'blobs'))
    for (const name of await readdir(folder)) {
      await rename(at(name), join(folder, '..', 'blobs', name))
      await symlink(join('..', 'blobs', name), at(name))
    }
    expectGoldenWeights('sharded-bf16', await inMemory(readHuggingFace(folder)))
  })

  it.runIf(process.platform !== 'win32').each(['config.json', indexFile, second, 'model.safetensors'])(
    'is rejected if %s is a FIFO, a folder or a device',
    async (name) => {
      await rm(at(name), { force: true })
      execFileSync('mkfifo', [at(name)])
      expect(await problemOf(readHuggingFace(folder))).toMatch(/: found a FIFO, expected /)
      await rm(at(name))
      await mkdir(at(name))
      expect(await problemOf(readHuggingFace(folder))).toMatch(/: found a folder, expected /)
      await rm(at(name), { recursive: true })
      await symlink('/dev/zero', at(name))
      expect(await problemOf(readHuggingFace(folder))).toMatch(/: found a device, expected /)
    },
  )
})

describe('a folder that is written', () => {
  it('survives a round trip', async () => {
    const out = at('out')
    expect(await writeHuggingFace(out, model)()).toEqual(E.right(undefined))
    expect((await readdir(out)).sort()).toEqual(['config.json', 'model.safetensors'])
    const read = await inMemory(readHuggingFace(out))
    expect(read.config).toMatchObject(config)
    expect(read.weights).toEqual(model.weights)
    expect(read.metadata).toEqual(model.metadata)
  })

  it('survives a round trip in shards, each within the limit unless one weight exceeds it', async () => {
    const out = at('out')
    expect(await writeHuggingFace(out, model, { shardBytes: 64 })()).toEqual(E.right(undefined))
    const files = (await readdir(out)).filter((name) => name.endsWith('.safetensors')).sort()
    expect(files[0]).toBe(`model-00001-of-${String(files.length).padStart(5, '0')}.safetensors`)
    for (const file of files) {
      const opened = await openSafetensors(join(out, file), '')()
      if (E.isLeft(opened)) throw opened.left
      const entries = [...opened.right.entries.values()]
      const bytes = entries.reduce((sum, { start, end }) => sum + end - start, 0)
      if (entries.length > 1) expect(bytes).toBeLessThanOrEqual(64)
    }
    const { metadata } = await jsonOf(join(out, indexFile))
    const numbers = [...model.weights.values()].reduce((sum, { data }) => sum + data.length, 0)
    expect(metadata).toEqual({ total_size: 4 * numbers })
    expect((await inMemory(readHuggingFace(out))).weights).toEqual(model.weights)
  })

  it('can come from a GGUF file', async () => {
    const converted = pipe(
      readModel(goldenCheckpoint('llama.gguf')),
      TE.chain((read) => writeHuggingFace(at('out'), read)),
    )
    expect(await converted()).toEqual(E.right(undefined))
    const read = await inMemory(readModel(at('out')))
    expectGoldenWeights('llama.gguf', read)
    expect(read.config).toMatchObject({ headNorms: false, tiedHead: false, normEpsilon: 1e-5 })
  })

  it('keeps the fields, the number format and the tokenizer of its source', async () => {
    await writeFile(at('tokenizer.json'), '{"a":1}')
    await writeFile(at('README.md'), 'about the source')
    await rewrite('config.json', { unknown_field: 7 })
    const read = await inMemory(readHuggingFace(folder))
    const out = at('out')
    expect(await writeHuggingFace(out, read, { source: folder })()).toEqual(E.right(undefined))
    expect(await jsonOf(join(out, 'config.json'))).toEqual(await jsonOf(at('config.json')))
    expect((await readdir(out)).sort()).toEqual([
      ...['config.json', 'generation_config.json', 'model.safetensors', 'tokenizer.json'],
    ])
    const opened = await openSafetensors(join(out, 'model.safetensors'), '')()
    if (E.isLeft(opened)) throw opened.left
    expect(new Set([...opened.right.entries.values()].map(({ dtype }) => dtype))).toEqual(new Set(['BF16']))
    expect(opened.right.metadata).toEqual({ format: 'pt' })
    expectGoldenWeights('sharded-bf16', await inMemory(readHuggingFace(out)))
  })

  it('is stored in the requested number format', async () => {
    const read = await inMemory(readHuggingFace(folder))
    expect(await writeHuggingFace(at('out'), read, { source: folder, float: 'F32' })()).toEqual(E.right(undefined))
    expect((await jsonOf(at('out/config.json')))['dtype']).toBe('float32')
    expectGoldenWeights('sharded-bf16', await inMemory(readHuggingFace(at('out'))))
  })

  it('is rejected with a source of another network', async () => {
    expect(await problemOf(writeHuggingFace(at('out'), model, { source: folder }))).toBe(
      `${at('config.json')}: found another network, expected that of the model to write`,
    )
    expect(await problemOf(writeHuggingFace(at('out'), model, { source: at('none') }))).toContain('found no such file')
    expect(await readdir(folder)).not.toContain('out')
  })

  it('does not overwrite a folder', async () => {
    expect(await problemOf(writeHuggingFace(folder, model))).toBe(
      `${folder}: found a folder with 5 entries, expected no folder, or an empty one`,
    )
    await mkdir(at('empty'))
    expect(await writeHuggingFace(at('empty'), model)()).toEqual(E.right(undefined))
  })

  it('is not written at all if a weight is missing', async () => {
    const less = [...model.weights].slice(1)
    expect(await problemOf(writeHuggingFace(at('out'), { ...model, weights: less }))).toBe(
      'the checkpoint, weight model.embed_tokens.weight: found nothing, expected float32[5, 4]',
    )
    expect((await readdir(folder)).filter((name) => name.startsWith('out'))).toEqual([])
  })

  it('is an error if it cannot be created', async () => {
    expect(await problemOf(writeHuggingFace(at('none/out'), model), 'FileError')).toBe(
      `${at('none/out')}: found no such file, expected a folder that can be written`,
    )
  })

  it('names a file of its source that cannot be read', async () => {
    await mkdir(at('tokenizer.json'))
    const read = await inMemory(readHuggingFace(folder))
    expect(await problemOf(writeHuggingFace(at('out'), read, { source: folder }))).toBe(
      `${at('tokenizer.json')}: found a folder, expected a file of the original model`,
    )
  })
})

describe('a folder that is written to a disk that fails', () => {
  const writeTo = ({ disk }: SimulatedDisk) =>
    writeHuggingFace('/run/model', model, { shardBytes: 256, files: { 'tokenizer.json': '{}' } }, disk)()

  const diskWithRun = async (): Promise<SimulatedDisk> => {
    const simulated = simulatedDisk()
    await simulated.disk.createFolder('/run')
    return simulated
  }
  const callsOfWrite = async (): Promise<number> => {
    const simulated = await diskWithRun()
    const before = simulated.calls()
    expect(await writeTo(simulated)).toEqual(E.right(undefined))
    return simulated.calls() - before
  }
  /** Reads what a crash leaves: null if there is no folder of that name. */
  const remainsOf = async (simulated: SimulatedDisk, loss: Loss) => {
    const remains = await temporaryFolder()
    simulated.writeRemains(remains, loss)
    const names = await readdir(join(remains, 'run'))
    if (!names.includes('model')) return null
    expect(await readFile(join(remains, 'run/model/tokenizer.json'), 'utf8')).toBe('{}')
    return (await inMemory(readHuggingFace(join(remains, 'run/model')))).weights
  }

  it.each(losses)('is on the device when the write has ended: lost is %s', async (loss) => {
    const simulated = await diskWithRun()
    await writeTo(simulated)
    expect(await remainsOf(simulated, loss)).toEqual(model.weights)
  })

  it.each(losses)('is whole or missing after a power loss at any system call: lost is %s', async (loss) => {
    const calls = await callsOfWrite()
    for (let call = 0; call < calls; call++) {
      const simulated = await diskWithRun()
      simulated.failAt(call, 'power loss')
      expect(E.isLeft(await writeTo(simulated))).toBe(true)
      expect([null, model.weights], `call ${call}`).toContainEqual(await remainsOf(simulated, loss))
    }
  })

  it.each(['ENOSPC', 'EIO'] as const)('names %s at any system call, and can be repeated', async (code) => {
    const calls = await callsOfWrite()
    // The first call looks for a folder of that name.
    for (let call = 1; call < calls; call++) {
      const simulated = await diskWithRun()
      simulated.failAt(call, code)
      expect(await writeTo(simulated), `call ${call}`).toMatchObject(
        E.left({ _tag: 'FileError', place: '/run/model', cause: { code } }),
      )
      // Only the last call, which brings the name onto the device, finds the folder complete.
      if (call === calls - 1) continue
      expect(await simulated.disk.list('/run')).toEqual([])
      expect(await writeTo(simulated)).toEqual(E.right(undefined))
      expect(await remainsOf(simulated, 'what was not synced')).toEqual(model.weights)
    }
  })

  it('goes on after a call that writes only half of its bytes', async () => {
    const calls = await callsOfWrite()
    for (let call = 0; call < calls; call++) {
      const simulated = await diskWithRun()
      simulated.failAt(call, 'half a write')
      expect(await writeTo(simulated)).toEqual(E.right(undefined))
      expect(await remainsOf(simulated, 'what was not synced')).toEqual(model.weights)
    }
  })
})
