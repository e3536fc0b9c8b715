import { fc, test as property } from '@fast-check/vitest'
import { afterAll, describe, expect, test } from 'vitest'
import * as runtime from 'onnxruntime-node'
import { OnnxEngine } from '#lib/compute/engine/onnx/onnx-engine.js'
import { openOnnx } from '#lib/compute/engine/onnx/open-onnx.js'
import * as o from '#lib/compute/operation/index.js'
import type { HostTensor, Node } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'

const engine = await openOnnx({ threads: 2 })
afterAll(() => engine.close())

const floats = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) })
const ints = (...values: number[]) => ({ shape: [values.length], data: Int32Array.from(values) })
const increment = program('increment', { y: o.add(o.input('x', [2]), o.scalar(1)) })

/** At this size the alternative operator, ScatterND, was wrong in 196 of 200 runs. */
test('updates of equal ids add up on two threads, two hundred times in a row', async () => {
  const [count, width, rows] = [2048, 128, 64]
  const ids = { shape: [count], data: Int32Array.from({ length: count }, (_, i) => (i * i) % rows) }
  const updates = { shape: [count, width], data: new Float32Array(count * width).fill(1) }
  const tally = o.scatterAdd(o.input('ids', [count], 'int32'), o.input('updates', [count, width]), rows)
  const executable = await engine.compile(program('tally', { tally }))
  const expected = Array.from(
    { length: rows * width },
    (_, i) => ids.data.filter((id) => id === Math.floor(i / width)).length,
  )
  for (let run = 0; run < 200; run++) {
    const { host } = await executable.run({ ids, updates }, ['tally'])
    expect([...host.tally!.data]).toEqual(expected)
  }
})

const someRows = fc
  .record({
    n: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 70 }),
    out: fc.integer({ min: 1, max: 40 }),
  })
  .chain(({ n, width, out }) => {
    const exactly = (length: number) => ({ minLength: length, maxLength: length, noNaN: true })
    return fc.record({
      x: fc.float32Array({ ...exactly(n * width), min: -4, max: 4 }).map((data) => ({ shape: [n, width], data })),
      // Range that x86-64 without VNNI can multiply: see lib/model/quantized.ts.
      weight: fc
        .array(fc.integer({ min: -64, max: 64 }), exactly(width * out))
        .map((data) => ({ shape: [width, out], data: Int8Array.from(data) })),
      scale: fc.float32Array({ ...exactly(out), min: 0, max: 2 }).map((data) => ({ shape: [out], data })),
    })
  })

const product = async (feed: { readonly x: HostTensor; readonly weight: HostTensor; readonly scale: HostTensor }) => {
  const { x, weight, scale } = feed
  const scales = o.input('scale', scale.shape)
  const y = o.quantizedMatmul(o.input('x', x.shape), o.input('weight', weight.shape, 'int8'), scales)
  const executable = await engine.compile(program('product', { y }))
  const { host } = await executable.run(feed, ['y'])
  executable.dispose()
  return host.y!.data
}

property.prop([someRows], { numRuns: 50 })('quantizedMatmul is off by half a step of its row at most', async (feed) => {
  const { x, weight, scale } = feed
  const [[n, width], [, out]] = [x.shape, weight.shape] as [[number, number], [number, number]]
  const y = await product(feed)
  for (let row = 0; row < n; row++) {
    const numbers = x.data.subarray(row * width, (row + 1) * width)
    const halfStep = Math.max(...numbers.map(Math.abs)) / 254
    for (let j = 0; j < out; j++) {
      const column = Array.from(numbers, (_, i) => weight.data[i * out + j]! * scale.data[j]!)
      const exact = column.reduce((sum, w, i) => sum + w * numbers[i]!, 0)
      const sizes = column.reduce((sum, w) => sum + Math.abs(w), 0)
      expect(Math.abs(y[row * out + j]! - exact)).toBeLessThanOrEqual(halfStep * sizes * 1.001 + 1e-6)
    }
  }
})

property.prop([someRows], { numRuns: 20 })('what comes of a row of quantizedMatmul is its own', async (feed) => {
  const { x, weight, scale } = feed
  const [[n, width], [, out]] = [x.shape, weight.shape] as [[number, number], [number, number]]
  const together = await product(feed)
  for (let row = 0; row < n; row++) {
    const alone = { shape: [1, width], data: x.data.slice(row * width, (row + 1) * width) }
    expect(await product({ x: alone, weight, scale })).toEqual(together.slice(row * out, (row + 1) * out))
  }
})

test('the same feed gives the same bits', async () => {
  const [m, k, n] = [64, 300, 48]
  const fill = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7))
  const product = o.softmax(o.matmul(o.input('a', [m, k]), o.input('b', [k, n])))
  const executable = await engine.compile(program('bits', { total: o.sum(product, [0]) }))
  const feed = { a: { shape: [m, k], data: fill(m * k) }, b: { shape: [k, n], data: fill(k * n) } }
  const [first, second] = [await executable.run(feed, ['total']), await executable.run(feed, ['total'])]
  expect(first.host.total!.data).toEqual(second.host.total!.data)
})

test('an output may be an input, a constant, or another output', async () => {
  const x = o.input('x', [2])
  const [y, c] = [o.neg(x), o.constant(Int32Array.of(5, 6), [2])]
  const executable = await engine.compile(program('aliases', { y, again: y, x, stopped: o.stopGradient(x), c }))
  const { device, host } = await executable.run({ x: floats(1, -2) }, ['again', 'x', 'c'])
  expect([host.again, host.x, host.c]).toEqual([floats(-1, 2), floats(1, -2), ints(5, 6)])
  expect(await engine.read(device.stopped!)).toEqual(floats(1, -2))
  device.stopped!.dispose()
  expect(await engine.read(device.y!)).toEqual(floats(-1, 2))
  device.y!.dispose()
})

test('a program may be thousands of nodes deep', async () => {
  const x = o.input('x', [1])
  const y = Array.from({ length: 5000 }).reduce<Node>((sum) => o.add(sum, x), x)
  const executable = await engine.compile(program('deep', { y }))
  const { host } = await executable.run({ x: floats(1) }, ['y'])
  expect(host.y).toEqual(floats(5001))
})

test('calls are served in order with the values at the time of the call', async () => {
  const executable = await engine.compile(increment)
  const [x, onEngine] = [floats(1, 2), await engine.upload(floats(10, 20))]
  const runs = [executable.run({ x }, ['y']), executable.run({ x: onEngine }, ['y'])]
  x.data.fill(0)
  onEngine.dispose()
  const results = await Promise.all(runs)
  expect(results.map(({ host }) => host.y)).toEqual([floats(2, 3), floats(11, 21)])
})

test('an uploaded array is copied, unless it is given away', async () => {
  const [lent, given] = [floats(1, 2), floats(1, 2)]
  const [copy, same] = [await engine.upload(lent), await engine.upload(given, 'given')]
  for (const { data } of [lent, given]) data.fill(7)
  expect([await engine.read(copy), await engine.read(same)]).toEqual([floats(1, 2), floats(7, 7)])
  for (const tensor of [copy, same]) tensor.dispose()
})

test('a thousand runs leave no tensor and no memory in use', async () => {
  const length = 100_000
  const executable = await engine.compile(program('step', { x: o.mul(o.input('x', [length]), o.scalar(0.5)) }))
  let x = await engine.upload({ shape: [length], data: new Float32Array(length).fill(1) })
  const residentAfter = async (runs: number) => {
    for (let run = 0; run < runs; run++) {
      const { device } = await executable.run({ x })
      x.dispose()
      x = device.x!
    }
    return process.memoryUsage.rss()
  }
  const before = await residentAfter(200)
  const after = await residentAfter(1000)
  expect(await engine.memory()).toEqual({ tensors: 1, bytes: 4 * length })
  // The runs make 400 MB of tensors.
  expect(after - before).toBeLessThan(150e6)
  x.dispose()
})

describe('refuses', () => {
  const failed = (message: unknown) =>
    expect.objectContaining({ name: 'PipelineError', _tag: 'EngineFailed', message }) as Error

  test('a feed that does not fit', async () => {
    const executable = await engine.compile(increment)
    await expect(executable.run({})).rejects.toThrow(failed('program "increment": input "x" is missing'))
  })

  test('a disposed tensor and a tensor of another engine', async () => {
    const other = await openOnnx()
    const [gone, foreign] = [await engine.upload(floats(1, 2)), await other.upload(floats(1, 2))]
    gone.dispose()
    const executable = await engine.compile(increment)
    for (const x of [gone, foreign]) {
      const message = 'program "increment": input "x" was disposed, or belongs to another engine'
      await expect(executable.run({ x })).rejects.toThrow(failed(message))
    }
    await expect(engine.read(gone)).rejects.toThrow(failed(expect.stringContaining('disposed')))
    await other.close()
  })

  test('an id outside the table, with the name of the program, and works on', async () => {
    const look = program('look up', { row: o.gather(o.input('table', [2]), o.input('ids', [1], 'int32')) })
    const executable = await engine.compile(look)
    const table = floats(7, 8)
    await expect(executable.run({ table, ids: ints(2) })).rejects.toThrow(
      failed(expect.stringMatching(/program "look up".*out of/s)),
    )
    const { host } = await executable.run({ table, ids: ints(1) }, ['row'])
    expect(host.row).toEqual(floats(8))
  })

  test('every call after dispose and close, but not the calls before', async () => {
    const own = await openOnnx({ threads: 1 })
    const [kept, dropped] = [await own.compile(increment), await own.compile(increment)]
    const last = kept.run({ x: floats(0, 1) }, ['y'])
    dropped.dispose()
    await expect(dropped.run({ x: floats(0, 1) })).rejects.toThrow(failed(expect.stringContaining('disposed')))
    const closing = own.close()
    expect((await last).host.y).toEqual(floats(1, 2))
    await closing
    const closed = failed('the engine is closed')
    await expect(kept.run({ x: floats(0, 1) })).rejects.toThrow(closed)
    await expect(own.compile(increment)).rejects.toThrow(closed)
    await expect(own.upload(floats(1))).rejects.toThrow(closed)
    await expect(own.memory()).rejects.toThrow(closed)
    kept.dispose()
    await expect(own.close()).resolves.toBeUndefined()
  })
})

test('the operators of max for CUDA find the same maxima', async () => {
  const onCpu = new OnnxEngine(runtime, 'cuda', { executionProviders: ['cpu'] })
  const [x, n] = [o.input('x', [3, 2]), o.input('n', [2], 'int32')]
  const outputs = { rows: o.max(x, [1]), columns: o.max(x, [0], true), none: o.max(x, []), int: o.max(n, [0]) }
  const executable = await onCpu.compile(program('maxima', outputs))
  const data = Float32Array.of(-Infinity, -Infinity, -Infinity, -3.4028234663852886e38, 2, 5)
  const { host } = await executable.run({ x: { shape: [3, 2], data }, n: ints(-7, -9) }, Object.keys(outputs))
  expect(host.rows!.data).toEqual(Float32Array.of(-Infinity, -3.4028234663852886e38, 5))
  expect(host.columns!).toEqual({ shape: [1, 2], data: Float32Array.of(2, 5) })
  expect(host.none!.data).toEqual(data)
  expect(host.int!.data).toEqual(Int32Array.of(-7))
  await onCpu.close()
})
