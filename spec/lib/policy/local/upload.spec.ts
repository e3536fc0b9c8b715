import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '#lib/compute/engine/engine.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import type { HostTensor } from '#lib/compute/program/node.js'
import { weightShapes } from '#lib/model/weights.js'
import { uploadWeights, uploadZeros } from '#lib/policy/local/upload.js'
import { checkpoint, config, snapshotOf, withModel } from './tiny.js'

let engine: Engine
beforeAll(async () => {
  engine = await inWorker('onnx', { threads: 1 })
})
afterAll(() => engine.close())

type Entry = readonly [string, HostTensor]

/** Nothing is left of what fails. */
const problem = async (entries: readonly Entry[]): Promise<string> => {
  const before = await engine.memory()
  const message = await uploadWeights(engine, { config, weights: entries }).then(
    () => 'uploaded',
    (error: unknown) => String(error),
  )
  expect(await engine.memory()).toEqual(before)
  return message
}

const all = [...checkpoint.weights]
const name = 'model.layers.1.mlp.up_proj.weight'
const replaced = (tensor: HostTensor) => all.map((entry): Entry => (entry[0] === name ? [name, tensor] : entry))

describe('weights that are uploaded to an engine', () => {
  it('are read one at a time, in any order, and returned in the order of the model', async () => {
    const asked: string[] = []
    const uploaded: string[] = []
    const counting: Engine = {
      ...engine,
      upload: async (tensor) => {
        const made = await engine.upload(tensor)
        uploaded.push(asked.at(-1)!)
        return made
      },
    }
    const weights = {
      async *[Symbol.asyncIterator]() {
        for (const entry of [...all].reverse()) {
          // A weight is on the engine before the next is requested.
          expect(uploaded).toEqual(asked)
          asked.push(entry[0])
          yield await Promise.resolve(entry)
        }
      },
    }
    const found = await uploadWeights(counting, { config, weights })
    expect([...found.keys()]).toEqual([...weightShapes(config).keys()])
    for (const [key, tensor] of found) {
      expect(await engine.read(tensor)).toEqual(checkpoint.weights.get(key))
      tensor.dispose()
    }
  })

  it('are rejected if one is missing', async () => {
    expect(await problem(all.filter(([key]) => key !== name))).toBe(
      `CheckpointError: the checkpoint, weight ${name}: found nothing, expected float32[32, 16]`,
    )
  })

  it.each<[string, readonly Entry[], string]>([
    [
      'superfluous',
      [...all, ['lm_head.weight', { shape: [2], data: new Float32Array(2) }]],
      'lm_head.weight: found float32[2], expected nothing',
    ],
    ['there twice', [...all, all[0]!], 'model.embed_tokens.weight: found float32[12, 16], expected nothing'],
    [
      'of another shape',
      replaced({ shape: [16, 32], data: new Float32Array(512) }),
      `${name}: found float32[16, 32], expected float32[32, 16]`,
    ],
    [
      'of integers',
      replaced({ shape: [32, 16], data: new Int32Array(512) }),
      `${name}: found int32[32, 16], expected float32[32, 16]`,
    ],
  ])('are rejected if one is %s', async (_, entries, message) => {
    expect(await problem(entries)).toBe(`CheckpointError: the checkpoint, weight ${message}`)
  })

  it('are freed if their source fails', async () => {
    const before = await engine.memory()
    const failing = function* () {
      yield all[0]!
      throw new Error('unplugged')
    }
    await expect(uploadWeights(engine, { config, weights: failing() })).rejects.toThrow('unplugged')
    expect(await engine.memory()).toEqual(before)
  })

  it('can be zeros of the same shapes', async () => {
    for (const [key, tensor] of await uploadZeros(engine, weightShapes(config))) {
      const { shape, data } = await engine.read(tensor)
      expect(shape).toEqual(weightShapes(config).get(key))
      expect(new Set(data)).toEqual(new Set([0]))
      tensor.dispose()
    }
  })

  it('can come from any iterable', async () => {
    const made = { ...checkpoint, weights: all }
    const { parameters } = await withModel(engine, ({ learner }) => snapshotOf(learner), { checkpoint: made })
    expect(parameters).toEqual(checkpoint.weights)
  })
})
