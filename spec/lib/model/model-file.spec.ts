import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { encodeModel } from '#lib/model/model-checkpoint.js'
import { bundledCheckpoints, checkpointPath, readModel, writeModel } from '#lib/model/model-file.js'
import { initialWeights } from '#lib/model/weights.js'
import { tasks } from '#lib/task/index.js'
import { temporaryFolder } from '../run/temporary.js'
import { goldenCheckpoint } from './golden-checkpoints.js'
import { inMemory } from './in-memory.js'

const config = {
  vocabulary: 5,
  width: 4,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headWidth: 2,
  feedForward: 3,
  ropeTheta: 10_000,
  normEpsilon: 1e-6,
}
const model = { config, weights: initialWeights(config, 1), metadata: { seed: '1' } }
const somewhere = async () => join(await temporaryFolder(), 'model.safetensors')

describe('a model file', () => {
  it('survives a round trip, and leaves no temporary file', async () => {
    const file = await somewhere()
    expect(await writeModel(file, model)()).toEqual(E.right(undefined))
    expect(await inMemory(readModel(file))).toEqual(model)
    expect(await readFile(file)).toEqual(Buffer.from(encodeModel(model)))
    expect(await readdir(join(file, '..'))).toEqual(['model.safetensors'])
  })

  it.each(['model.safetensors', 'sharded-bf16', 'llama.gguf'])('can be read twice: %s', async (name) => {
    const file = name === 'model.safetensors' ? await somewhere() : goldenCheckpoint(name)
    if (name === 'model.safetensors') await writeModel(file, model)()
    const opened = await readModel(file)()
    const names = async () => {
      const found: string[] = []
      if (E.isRight(opened)) for await (const [weight] of opened.right.weights) found.push(weight)
      return found
    }
    const first = await names()
    expect(first.length).toBeGreaterThan(0)
    expect(await names()).toEqual(first)
  })

  it('that is missing is named, with the bundled checkpoints', async () => {
    const file = await somewhere()
    expect(await readModel(file)()).toMatchObject(
      E.left({
        _tag: 'CheckpointError',
        message: `${file}: found no such file, expected a .safetensors file, a .gguf file, a Hugging Face folder, or the name of a checkpoint that comes with entrain: ${bundledCheckpoints.join(', ')}`,
      }),
    )
  })

  it('that is an empty folder is not a Hugging Face folder', async () => {
    const folder = await temporaryFolder()
    expect(await readModel(folder)()).toMatchObject(
      E.left({
        _tag: 'CheckpointError',
        message: `${join(folder, 'config.json')}: found no such file, expected the config.json of a Hugging Face folder`,
      }),
    )
  })

  it.each([0, 7, 100, -1])('that is truncated after %i bytes is rejected', async (length) => {
    const file = await somewhere()
    await writeFile(file, encodeModel(model).slice(0, length))
    const found = await readModel(file)()
    if (E.isRight(found)) throw new Error('read')
    expect(found.left._tag).toBe('CheckpointError')
    expect(found.left.message).toMatch(/found \d+ bytes/)
    expect(found.left.message.startsWith(file)).toBe(true)
  })

  it('that cannot be written is an error, and no folder is created', async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'none', 'model.safetensors')
    expect(await writeModel(file, model)()).toMatchObject(E.left({ _tag: 'FileError', place: file }))
    expect(await readdir(folder)).toEqual([])
  })
})

describe('checkpointPath', () => {
  it.each(['model.safetensors', './countdown', 'countdown.safetensors', 'toString', ''])(
    'returns %j unchanged',
    (name) => expect(checkpointPath(name)).toBe(name),
  )

  it.each(bundledCheckpoints)('finds the bundled checkpoint %s, which fits its task', async (name) => {
    const found = await readModel(checkpointPath(name))()
    if (E.isLeft(found)) throw found.left
    expect(found.right.config.vocabulary).toBe(tasks[name].create().tokenizer.vocabulary)
    expect(Object.keys(found.right.metadata)).toEqual(expect.arrayContaining(['command', 'seed', 'data', 'licence']))
  })
})
