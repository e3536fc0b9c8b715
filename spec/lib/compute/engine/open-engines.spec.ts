import { availableParallelism } from 'node:os'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Engine } from '#lib/compute/engine/engine.js'
import type { EngineName, EngineOptions } from '#lib/compute/engine/engines.js'
import { openEngines } from '#lib/compute/engine/open-engines.js'
import { PipelineError } from '#lib/pipeline-error.js'

const asked = vi.hoisted(() => [] as { readonly name: EngineName | undefined; readonly options: EngineOptions }[])
const closed = vi.hoisted(() => [] as number[])
/** Number of the call that fails. */
const failing = vi.hoisted(() => ({ at: -1 }))
/** Engine that opens first without a name, and the GPUs that CUDA shows. */
const machine = vi.hoisted(() => ({ first: 'tfjs-wasm', gpus: 0 }))

vi.mock('#lib/compute/engine/nvidia-gpus.js', () => ({ countCudaGpus: () => Promise.resolve(machine.gpus) }))

vi.mock('#lib/compute/engine/open-engine.js', () => ({
  openEngine: (name: EngineName | undefined, options: EngineOptions) => {
    const place = asked.push({ name, options }) - 1
    if (place === failing.at) return TE.left(new PipelineError('EngineFailed', `engine ${place} does not start`))
    const close = () => Promise.resolve(closed.push(place))
    const opened = name ?? machine.first
    return TE.right({
      name: opened,
      engine: { name: opened, close } as unknown as Engine,
      reason: 'the first that opens',
    })
  },
}))

beforeEach(() => {
  for (const list of [asked, closed]) list.length = 0
  failing.at = -1
  Object.assign(machine, { first: 'tfjs-wasm', gpus: 0 })
})

const opened = async (...args: Parameters<typeof openEngines>) => {
  const result = await openEngines(...args)()
  if (E.isLeft(result)) throw result.left
  return result.right
}

describe('openEngines', () => {
  test('opens the same engine several times and closes all together', async () => {
    const { engine, replicas, reason, close } = await opened(3)
    expect([engine.name, replicas.length]).toEqual(['tfjs-wasm', 2])
    expect(asked.map(({ name }) => name)).toEqual([undefined, 'tfjs-wasm', 'tfjs-wasm'])
    expect(reason).toBe('the first that opens; 3 replicas')
    await close()
    expect(closed.sort()).toEqual([0, 1, 2])
  })

  test('divides the cores among the engines, unless threads are given', async () => {
    const cores = availableParallelism()
    for (const [count, threads] of [
      [1, cores],
      [2, Math.max(1, Math.floor(cores / 2))],
      [cores + 1, 1],
    ] as const) {
      asked.length = 0
      await opened(count, 'onnx', { hardware: true })
      expect(asked).toHaveLength(count)
      for (const { options } of asked) expect(options).toEqual({ threads, hardware: true })
    }
    asked.length = 0
    await opened(2, 'onnx', { threads: 3 })
    expect(asked.map(({ options }) => options)).toEqual([{ threads: 3 }, { threads: 3 }])
  })

  test.each([
    { count: 4, gpus: 3, taken: [undefined, 1, 2, 0], reason: 'the first that opens; 4 replicas on 3 GPUs' },
    { count: 2, gpus: 8, taken: [undefined, 1], reason: 'the first that opens; 2 replicas on 2 GPUs' },
    { count: 3, gpus: 1, taken: [undefined, undefined, undefined], reason: 'the first that opens; 3 replicas' },
    { count: 1, gpus: 8, taken: [undefined], reason: 'the first that opens' },
  ])('divides $count engines of onnx-cuda among $gpus GPUs', async ({ count, gpus, taken, reason }) => {
    Object.assign(machine, { first: 'onnx-cuda', gpus })
    expect((await opened(count)).reason).toBe(reason)
    expect(asked.map(({ options }) => options.gpu)).toEqual(taken)
  })

  test('puts all engines on the GPU that is named, and gives none to an engine that shares one', async () => {
    machine.gpus = 8
    await opened(2, 'onnx-cuda', { gpu: 5 })
    await opened(2, 'tfjs-webgpu')
    expect(asked.map(({ options }) => options.gpu)).toEqual([5, 5, undefined, undefined])
  })

  test('has no replicas for a count of 1', async () => {
    const { replicas, reason } = await opened(1, 'tfjs-wasm')
    expect([replicas, reason]).toEqual([[], 'the first that opens'])
  })

  test.each([0, -1, 1.5, NaN])('refuses a count of %d', (count) => {
    expect(() => openEngines(count)).toThrow(`replicas: found ${count}, expected an integer >= 1`)
  })

  test.each([0, 1, 2])('returns the error of engine %i and leaves no engine open', async (at) => {
    failing.at = at
    const result = await openEngines(3)()
    expect(E.isLeft(result) && result.left.message).toBe(`engine ${at} does not start`)
    expect(closed.sort()).toEqual(at === 0 ? [] : [0, 1, 2].filter((place) => place !== at))
  })
})
