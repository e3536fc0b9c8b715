import { beforeEach, describe, expect, inject, test } from 'vitest'
import type { Engine } from '#lib/compute/engine/engine.js'
import { OnnxEngine } from '#lib/compute/engine/onnx/onnx-engine.js'
import { openOnnx } from '#lib/compute/engine/onnx/open-onnx.js'
import * as o from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'
import { FakeGpu } from './fake-gpu.js'

const floats = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) })
const increment = program('increment', { x: o.add(o.input('x', [2]), o.scalar(1)) })

describe('tensors of onnx-webgpu', () => {
  let gpu: FakeGpu
  let engine: Engine
  beforeEach(() => {
    gpu = new FakeGpu()
    engine = new OnnxEngine(gpu.runtime, 'webgpu', { executionProviders: ['cpu'] })
  })

  test('stay in buffers from upload to read: a chain of runs copies nothing', async () => {
    const executable = await engine.compile(increment)
    let x = await engine.upload(floats(1, 2))
    const uploaded = gpu.copied.in
    for (let run = 0; run < 50; run++) x = (await executable.run({ x }, [], ['x'])).device.x!
    expect(gpu.copied).toEqual({ in: uploaded, out: 0 })
    expect(await engine.memory()).toEqual({ tensors: 1, bytes: 8 })
    expect(gpu.buffers.size).toBe(1)
    expect(await engine.read(x)).toEqual(floats(51, 52))
    expect(gpu.copied.out).toBe(2)
    x.dispose()
    expect(await engine.memory()).toEqual({ tensors: 0, bytes: 0 })
    expect(gpu.buffers.size).toBe(0)
  })

  test('are copied to the host where they are read, and their buffers are freed', async () => {
    const executable = await engine.compile(increment)
    const { host } = await executable.run({ x: floats(1, 2) }, ['x'])
    expect(host.x).toEqual(floats(2, 3))
    expect(gpu.buffers.size).toBe(0)
  })

  test('are freed after the runs that were called before', async () => {
    const executable = await engine.compile(increment)
    const x = await engine.upload(floats(1, 2))
    const running = executable.run({ x }, ['x'])
    x.dispose()
    x.dispose()
    expect((await running).host.x).toEqual(floats(2, 3))
    await expect(engine.read(x)).rejects.toThrow('a tensor to read was disposed before')
    await engine.memory()
    expect(gpu.buffers.size).toBe(0)
  })

  test('are written in the graph if they are caches', async () => {
    const [cache, entry] = [o.input('cache', [2, 1, 3, 1]), o.input('entry', [2, 1, 1, 1])]
    const write = program('write', { cache: o.writeCache(cache, entry, o.input('positions', [2], 'int32')) })
    const executable = await engine.compile(write)
    const given = await engine.upload({ shape: [2, 1, 3, 1], data: Float32Array.of(1, 2, 3, 4, 5, 6) })
    const feed = {
      entry: { shape: [2, 1, 1, 1], data: Float32Array.of(8, 9) },
      positions: { shape: [2], data: Int32Array.of(1, 3) },
    }
    const { device } = await executable.run({ cache: given, ...feed }, [], ['cache'])
    expect(gpu.copied.out).toBe(0)
    expect([...(await engine.read(device.cache!)).data]).toEqual([1, 8, 3, 4, 5, 6])
    expect(gpu.buffers.size).toBe(1)
  })

  test('of eight bits are in host memory, because a buffer cannot hold them', async () => {
    const bytes = { shape: [2], data: Int8Array.of(-1, 2) }
    const executable = await engine.compile(program('pass', { y: o.input('x', [2], 'int8') }))
    const { device } = await executable.run({ x: await engine.upload(bytes) })
    expect(await engine.read(device.y!)).toEqual(bytes)
    expect(gpu.buffers.size).toBe(0)
    expect(await engine.memory()).toEqual({ tensors: 2, bytes: 4 })
  })

  test('are all freed if one of them cannot be read', async () => {
    const x = o.input('x', [2])
    const executable = await engine.compile(program('two', { y: o.neg(x), z: o.exp(x) }))
    gpu.isLost = true
    await expect(executable.run({ x: floats(1, 2) }, ['y'])).rejects.toThrow(
      expect.objectContaining({ _tag: 'EngineFailed', message: 'program "two": Error: the device is lost' }),
    )
    expect(gpu.buffers.size).toBe(0)
    expect(await engine.memory()).toEqual({ tensors: 0, bytes: 0 })
  })

  test('are freed when the engine closes', async () => {
    const [kept, dropped] = [await engine.upload(floats(1)), await engine.upload(floats(2))]
    dropped.dispose()
    await engine.memory()
    expect(gpu.buffers.size).toBe(1)
    await engine.close()
    expect(gpu.buffers.size).toBe(0)
    kept.dispose()
    await expect(engine.close()).resolves.toBeUndefined()
  })
})

describe.runIf(inject('engines').includes('onnx-webgpu'))('on a WebGPU adapter', () => {
  test('a thousand runs leave no tensor and no memory in use', async () => {
    const engine = await openOnnx({}, 'webgpu')
    const length = 100_000
    const executable = await engine.compile(program('step', { x: o.mul(o.input('x', [length]), o.scalar(0.5)) }))
    let x = await engine.upload({ shape: [length], data: new Float32Array(length).fill(1) })
    const residentAfter = async (runs: number) => {
      for (let run = 0; run < runs; run++) x = (await executable.run({ x }, [], ['x'])).device.x!
      // Runs are done when one of their results is read.
      expect((await engine.read(x)).data[length - 1]).toBeLessThan(1)
      return process.memoryUsage.rss()
    }
    const before = await residentAfter(200)
    const after = await residentAfter(1000)
    expect(await engine.memory()).toEqual({ tensors: 1, bytes: 4 * length })
    // The runs make 400 MB of tensors.
    expect(after - before).toBeLessThan(150e6)
    await engine.close()
  })
})
