import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { DeviceTensor, Engine } from '#lib/compute/engine/engine.js'
import type { CpuTensor } from '#lib/compute/engine/onnx/cpu-tensor.js'
import { openOnnx } from '#lib/compute/engine/onnx/open-onnx.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import * as o from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'
import { noise } from '../reference/case.js'
import { expectClose } from '../reference/close.js'
import { interpret } from '../reference/interpret.js'

const [B, K, L, D] = [3, 2, 5, 8]
const positions = o.input('positions', [B], 'int32')
const cached = { keys: o.input('keys', [B, K, L, D]), values: o.input('values', [B, K, L, D]) }
const token = {
  q: o.input('query', [B, 2 * K, 1, D]),
  k: o.input('new keys', [B, K, 1, D]),
  v: o.input('new values', [B, K, 1, D]),
}
const attend = program('attend', {
  y: o.cachedAttention(token, cached, positions),
  keys: o.writeCache(cached.keys, token.k, positions),
  values: o.writeCache(cached.values, token.v, positions),
})

const floats = (shape: readonly number[], seed: number) => ({
  shape,
  data: Float32Array.from(
    noise(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
    (x) => 2 * x - 1,
  ),
})
const rest = {
  query: floats([B, 2 * K, 1, D], 1),
  'new keys': floats([B, K, 1, D], 2),
  'new values': floats([B, K, 1, D], 3),
  positions: { shape: [B], data: Int32Array.of(0, 4, 2) },
}
const caches = { keys: floats([B, K, L, D], 4), values: floats([B, K, L, D], 5) }
const expected = interpret(attend, { ...rest, ...caches })

describe.each(inject('engines'))('a tensor donated to %s', (name) => {
  let engine: Engine
  beforeAll(async () => {
    engine = await inWorker(name)
  })
  afterAll(() => engine.close())

  const uploaded = async () => ({
    keys: await engine.upload(caches.keys),
    values: await engine.upload(caches.values),
  })

  test('belongs to the run: the result is the same, and no other tensor is left', async () => {
    const before = await engine.memory()
    const executable = await engine.compile(attend)
    const given = await uploaded()
    const { device, host } = await executable.run({ ...rest, ...given }, ['y'], ['keys', 'values'])
    expectClose(host.y!.data, expected.y!.data, 1e-5)
    await expect(executable.run({ ...rest, ...given })).rejects.toThrow(/input "(keys|values)".* was disposed/)
    // An output may be read and donated to the next run. Writing the same entries again changes nothing.
    const again = await executable.run({ ...rest, ...device }, ['y', 'keys', 'values'], ['keys', 'values'])
    for (const [name, { data }] of Object.entries(expected)) expectClose(again.host[name]!.data, data, 1e-5)
    for (const tensor of Object.values(given)) tensor.dispose()
    executable.dispose()
    expect(await engine.memory()).toEqual(before)
  })

  test('is freed if the run fails', async () => {
    const before = await engine.memory()
    const look = program('look', { y: o.gather(o.input('table', [4]), o.input('ids', [1], 'int32')) })
    const executable = await engine.compile(look)
    const table = await engine.upload(floats([4], 6))
    const ids = { shape: [1], data: Int32Array.of(9) }
    await executable.run({ table, ids }, ['y'], ['table']).catch(() => undefined)
    table.dispose()
    executable.dispose()
    expect(await engine.memory()).toEqual(before)
  })

  test('must be an input, on the device', async () => {
    const executable = await engine.compile(attend)
    const given = await uploaded()
    await expect(executable.run({ ...rest, ...given }, [], ['nothing'])).rejects.toThrow(
      'program "attend": there is no input "nothing" to donate',
    )
    await expect(executable.run({ ...rest, ...given }, [], ['query'])).rejects.toThrow(
      'program "attend": input "query" is in host memory, and only device tensors can be donated',
    )
    for (const owned of [...Object.values(given), executable]) owned.dispose()
  })
})

describe('ONNX Runtime', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await openOnnx({ threads: 2 })
  })
  afterAll(() => engine.close())

  const memoryOf = (tensor: DeviceTensor) => (tensor as unknown as CpuTensor).value!.data

  test('writes into a donated cache in place, and into a copy of a cache that is kept', async () => {
    const executable = await engine.compile(attend)
    const [donated, kept] = [await engine.upload(caches.keys), await engine.upload(caches.values)]
    const [at, beside] = [memoryOf(donated), memoryOf(kept)]
    const { device } = await executable.run({ ...rest, keys: donated, values: kept }, ['y'], ['keys'])
    expect(memoryOf(device.keys!)).toBe(at)
    expectClose(at, expected.keys!.data, 1e-7)
    expectClose(memoryOf(device.values!), expected.values!.data, 1e-7)
    expect(beside).toEqual(caches.values.data)
  })
})
