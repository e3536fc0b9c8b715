import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import type { Routine } from '#lib/compute/engine/engine.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import * as o from '#lib/compute/operation/index.js'
import type { Node } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'

const engine = await inWorker('onnx', { threads: 1 })
afterAll(() => engine.close())

const floats = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) })
const failed = (message: unknown) =>
  expect.objectContaining({ name: 'PipelineError', _tag: 'EngineFailed', message }) as Error
const lost = (message: unknown) =>
  expect.objectContaining({ name: 'PipelineError', _tag: 'EngineLost', message }) as Error
/** Routine that ends its thread when it starts with the setting `now`. */
const leaving: Routine<string, null, never> = {
  module: `data:text/javascript,${encodeURIComponent(`
    const noop = { run: async function* () {}, dispose: async () => {} }
    export const leaving = { start: (_, setting) => setting === 'now' ? process.exit(7) : noop }`)}`,
  name: 'leaving',
  start: () => {
    throw new Error('it is started in the worker')
  },
}
const increment = program('increment', { y: o.add(o.input('x', [2]), o.scalar(1)) })

/** Matrix products that take some tenths of a second. */
const size = 512
const matrix = { shape: [size, size], data: new Float32Array(size * size).fill(1 / size) }
const factor = o.input('factor', [size, size])
const long = program('long', { product: Array.from({ length: 80 }).reduce<Node>((x) => o.matmul(x, factor), factor) })

test('timers fire during a run', async () => {
  const executable = await engine.compile(long)
  let ticks = 0
  const timer = setInterval(() => ticks++, 1)
  const { device } = await executable.run({ factor: matrix })
  clearInterval(timer)
  device.product!.dispose()
  expect(ticks).toBeGreaterThan(10)
})

test('an executable keeps the types of its inputs and outputs, and no node of its program', async () => {
  const { signature } = await engine.compile(increment)
  const type = { shape: [2], dtype: 'float32' }
  expect(signature).toEqual({ name: 'increment', inputs: new Map([['x', type]]), outputs: new Map([['y', type]]) })
})

test('calls are served in order', async () => {
  const [slow, quick] = [await engine.compile(long), await engine.compile(increment)]
  const served: string[] = []
  await Promise.all([
    slow.run({ factor: matrix }, ['product']).then(() => served.push('slow')),
    quick.run({ x: floats(1, 2) }, ['y']).then(() => served.push('quick')),
    engine.memory().then(() => served.push('memory')),
  ])
  expect(served).toEqual(['slow', 'quick', 'memory'])
})

test('callers keep their arrays, and a view is sent without the rest of its buffer', async () => {
  const executable = await engine.compile(increment)
  const whole = Float32Array.of(1, 2, 3, 4)
  const view = { shape: [2], data: whole.subarray(1, 3) }
  const tensor = await engine.upload(view)
  const runs = [executable.run({ x: view }, ['y']), executable.run({ x: tensor }, ['y'])]
  whole.fill(0)
  for (const run of runs) {
    const { y } = (await run).host
    expect(y).toEqual(floats(3, 4))
    expect(y!.data.buffer.byteLength).toBe(8)
  }
  expect(whole).toHaveLength(4)
  expect([await engine.read(tensor), await engine.read(tensor)]).toEqual([floats(2, 3), floats(2, 3)])
  tensor.dispose()
})

test('a disposal reaches the engine once, before the next call', async () => {
  const executable = await engine.compile(increment)
  const before = await engine.memory()
  const { device } = await executable.run({ x: floats(1, 2) })
  const { device: next } = await executable.run({ x: device.y! })
  expect(await engine.memory()).toEqual({ tensors: before.tensors + 2, bytes: before.bytes + 16 })
  for (const tensor of [device.y!, device.y!, next.y!]) tensor.dispose()
  expect(await engine.memory()).toEqual(before)
  const message = 'program "increment": input "x" was disposed, or belongs to another engine'
  await expect(executable.run({ x: device.y! })).rejects.toThrow(failed(message))
})

test('a failed run has the message of the engine, and the engine works on', async () => {
  const ids = { shape: [1], data: Int32Array.of(9) }
  const look = program('look up', { row: o.gather(o.input('table', [2]), o.input('ids', [1], 'int32')) })
  const executable = await engine.compile(look)
  await expect(executable.run({ table: floats(1, 2), ids })).rejects.toThrow(
    failed(expect.stringMatching(/program "look up".*out of/s)),
  )
  await expect(executable.run({ table: floats(1, 2) })).rejects.toThrow(
    failed(expect.stringContaining('"ids" is missing')),
  )
  executable.dispose()
  await expect(executable.run({ table: floats(1, 2), ids })).rejects.toThrow(
    failed('program "look up": it was disposed'),
  )
  expect((await engine.memory()).tensors).toBeGreaterThanOrEqual(0)
})

test('an engine whose thread ended can be opened again, and what was on it stays lost', async () => {
  const own = await inWorker('onnx', { threads: 1 })
  const [executable, kept] = [await own.compile(increment), await own.upload(floats(1, 2))]
  const started = await own.start(leaving, 'later')
  const running = executable.run({ x: kept }, ['y'])
  await expect(own.start(leaving, 'now')).rejects.toThrow(lost("the engine's worker ended, exit code 7"))
  expect((await running).host['y']).toEqual(floats(2, 3))
  await expect(own.memory()).rejects.toThrow(lost("the engine's worker ended, exit code 7"))
  await own.reopen!()
  expect(await own.memory()).toEqual({ tensors: 0, bytes: 0 })
  await expect(own.read(kept)).rejects.toThrow(failed(expect.stringContaining('belongs to another engine')))
  await expect(executable.run({ x: floats(1, 2) })).rejects.toThrow(lost(expect.anything()))
  kept.dispose()
  executable.dispose()
  await started.dispose()
  const { host } = await (await own.compile(increment)).run({ x: floats(1, 2) }, ['y'])
  expect(host['y']).toEqual(floats(2, 3))
  await own.close()
})

test('close waits for the run under way and refuses later calls', async () => {
  const own = await inWorker('onnx', { threads: 1 })
  const executable = await own.compile(long)
  const kept = await own.upload(matrix)
  const run = executable.run({ factor: kept }, ['product'])
  const closings = [own.close(), own.close()]
  await expect(executable.run({ factor: matrix })).rejects.toThrow(failed('the engine is closed'))
  expect((await run).host.product!.data[0]).toBeCloseTo(1 / size)
  await Promise.all(closings)
  kept.dispose()
  executable.dispose()
})

describe('a process', () => {
  const run = (lines: string) =>
    promisify(execFile)(process.execPath, ['--input-type=module', '--eval', `${prelude}\n${lines}`])
  const prelude = `
    import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
    import { add, input } from '#lib/compute/operation/index.js'
    import { program } from '#lib/compute/program/program.js'
    const engine = await inWorker('onnx')
    const x = input('x', [1])
    const executable = await engine.compile(program('double', { y: add(x, x) }))
    const run = executable.run({ x: { shape: [1], data: Float32Array.of(2) } }, ['y'])
    run.then(({ host }) => console.log(host.y.data[0]))`

  test.each([
    ['that forgets its engine ends by itself, after the run that is on', ''],
    ['that closes its engine ends', 'await engine.close()'],
    ['may exit with an idle engine', 'await run\nprocess.exit(0)'],
  ])('%s', async (_, lines) => {
    await expect(run(lines)).resolves.toEqual({ stdout: '4\n', stderr: '' })
  })
})

test('CUDA multiplies float32 in float32, unless the environment says otherwise', async () => {
  delete process.env['NVIDIA_TF32_OVERRIDE']
  const opened = await inWorker('onnx-cuda').catch(() => undefined)
  expect(process.env['NVIDIA_TF32_OVERRIDE']).toBe('0')
  await opened?.close()
  process.env['NVIDIA_TF32_OVERRIDE'] = '1'
  await (await inWorker('onnx-cuda').catch(() => undefined))?.close()
  expect(process.env['NVIDIA_TF32_OVERRIDE']).toBe('1')
  delete process.env['NVIDIA_TF32_OVERRIDE']
})
