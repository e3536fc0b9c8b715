import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { DeviceTensor, Engine } from '#lib/compute/engine/engine.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import type { HostTensor } from '#lib/compute/program/node.js'
import { adamwDefaults, adamwProgram } from '#lib/optimizer/adamw.js'
import { noise } from '../../reference/case.js'
import { expectClose } from '../../reference/close.js'
import { interpret } from '../../reference/interpret.js'
import { sizeOf } from '../../reference/tensor.js'

/** Some fill whole bindings; others leave a gap before the next tensor. */
const shapes = new Map<string, readonly number[]>([
  ['a', [8, 16]],
  ['b', [64]],
  ['c', [5]],
  ['d', [16, 8]],
  ['e', [5]],
  ['f', [3, 7]],
  ['g', [64]],
])
const adamw = adamwProgram(shapes, { ...adamwDefaults, weightDecay: 0.1 })

const drawn = (prefix: string, seed: number, low: number): Record<string, HostTensor> =>
  Object.fromEntries(
    [...shapes].map(([name, shape], i) => [
      `${prefix}.${name}`,
      { shape, data: Float32Array.from(noise(sizeOf(shape), seed + i), (x) => low + x) },
    ]),
  )
const scalar = (value: number): HostTensor => ({ shape: [], data: Float32Array.of(value) })
const scalars = { rate: scalar(0.01), firstCorrection: scalar(5), secondCorrection: scalar(50) }
const state = { ...drawn('parameter', 1, -0.5), ...drawn('first', 20, -0.5), ...drawn('second', 40, 0.1) }
const given = { ...drawn('gradient', 60, -0.5), ...scalars }
const names = Object.keys(state)

describe.runIf(inject('engines').includes('webgpu'))('an optimiser that is packed', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await inWorker('webgpu')
  })
  afterAll(() => engine.close())

  test('agrees with double precision, from scattered tensors and from its own results, and leaves nothing', async () => {
    const executable = await engine.compile(adamw)
    let [expected, before]: [Record<string, HostTensor>, Record<string, DeviceTensor>] = [state, {}]
    for (const name of names) before[name] = await engine.upload(state[name]!)
    for (const step of [0, 1, 2]) {
      const feed = Object.fromEntries(names.map((name) => [name, expected[name]!]))
      const next = interpret(adamw, { ...feed, ...given })
      const { device, host } = await executable.run({ ...before, ...given }, ['norm', 'stateSum'])
      expect(host['norm']!.data[0], `norm of step ${step}`).toBeCloseTo(Number(next['norm']!.data[0]), 4)
      for (const name of names) expectClose((await engine.read(device[name]!)).data, next[name]!.data, 1e-5)
      for (const tensor of Object.values(before)) tensor.dispose()
      before = device
      expected = Object.fromEntries(
        names.map((name) => [name, { shape: next[name]!.shape, data: Float32Array.from(next[name]!.data) }]),
      )
    }
    expect((await engine.memory()).tensors).toBe(names.length)
    for (const tensor of Object.values(before)) tensor.dispose()
    expect(await engine.memory()).toEqual({ tensors: 0, bytes: 0 })
    executable.dispose()
  })
})
