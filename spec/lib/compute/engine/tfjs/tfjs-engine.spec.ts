import { memory, profile } from '@tensorflow/tfjs-core'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Engine } from '#lib/compute/engine/engine.js'
import { openTfjs } from '#lib/compute/engine/tfjs/open-tfjs.js'
import * as o from '#lib/compute/operation/index.js'
import type { HostTensor, Node } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { backends } from './backends.js'

const shared: Engine[] = []
for (const backend of backends) shared.push(await openTfjs(backend))
afterAll(() => Promise.all(shared.map((engine) => engine.close())))

const floats = (...values: number[]): HostTensor => ({ shape: [values.length], data: Float32Array.from(values) })
const ints = (...values: number[]): HostTensor => ({ shape: [values.length], data: Int32Array.from(values) })
const failed = (message: unknown) =>
  expect.objectContaining({ name: 'PipelineError', _tag: 'EngineFailed', message }) as Error
const increment = program('increment', { y: o.add(o.input('x', [2]), o.scalar(1)) })

/** Program that computes values before it looks up a row, which fails for an id outside the table. */
const lookUp = program('look up', {
  row: o.gather(o.exp(o.neg(o.input('table', [2]))), o.input('ids', [1], 'int32')),
  other: o.mul(o.input('x', [2]), o.constant(Float32Array.of(2, 3), [2])),
})

let before: number
beforeEach(() => (before = memory().numTensors))
afterEach(() => expect(memory().numTensors).toBe(before))

describe.each(shared)('$name', (engine) => {
  test('an output may be an input, a constant, or another output, and each is a tensor of its own', async () => {
    const x = o.input('x', [2])
    const [y, c] = [o.neg(x), o.constant(Int32Array.of(5, 6), [2])]
    const outputs = { y, again: y, x, stopped: o.stopGradient(x), flat: o.reshape(y, [1, 2]), c }
    const executable = await engine.compile(program('aliases', outputs))
    const given = await engine.upload(floats(1, -2))
    const { device } = await executable.run({ x: given })
    given.dispose()
    executable.dispose()
    const expected = {
      y: floats(-1, 2),
      again: floats(-1, 2),
      x: floats(1, -2),
      stopped: floats(1, -2),
      flat: { ...floats(-1, 2), shape: [1, 2] },
      c: ints(5, 6),
    }
    for (const [name, tensor] of Object.entries(expected)) {
      expect(device[name]).toMatchObject({ shape: tensor.shape, dtype: name === 'c' ? 'int32' : 'float32' })
      expect(await engine.read(device[name]!)).toEqual(tensor)
      device[name]!.dispose()
    }
  })

  test('a result belongs to the caller: writing to it changes nothing on the engine', async () => {
    const executable = await engine.compile(program('same', { x: o.input('x', [2]), c: o.constant(ints(7).data, [1]) }))
    const x = await engine.upload(floats(1, 2))
    const { host } = await executable.run({ x }, ['x', 'c'])
    host.x!.data.fill(9)
    host.c!.data.fill(9)
    ;(await engine.read(x)).data.fill(9)
    expect((await executable.run({ x }, ['x', 'c'])).host).toEqual({ x: floats(1, 2), c: ints(7) })
    executable.dispose()
    x.dispose()
  })

  test('calls are served in order with the values at the time of the call', async () => {
    const executable = await engine.compile(increment)
    const [x, onEngine] = [floats(1, 2), await engine.upload(floats(10, 20))]
    const runs = [executable.run({ x }, ['y']), executable.run({ x: onEngine }, ['y'])]
    x.data.fill(0)
    onEngine.dispose()
    executable.dispose()
    const results = await Promise.all(runs)
    expect(results.map(({ host }) => host.y)).toEqual([floats(2, 3), floats(11, 21)])
  })

  test('a program may be thousands of nodes deep', async () => {
    const x = o.input('x', [1])
    const y = Array.from({ length: 5000 }).reduce<Node>((sum) => o.add(sum, x), x)
    const executable = await engine.compile(program('deep', { y }))
    expect((await executable.run({ x: floats(1) }, ['y'])).host.y).toEqual(floats(5001))
  })

  test('a value is freed at its last use: a long chain needs the memory of two values', async () => {
    const length = 1000
    const y = Array.from({ length: 100 }).reduce<Node>((x) => o.sigmoid(x), o.input('x', [length]))
    const executable = await engine.compile(program('chain', { y }))
    const x = await engine.upload({ shape: [length], data: new Float32Array(length) })
    const start = memory().numBytes
    const { peakBytes } = await profile(async () => {
      await executable.run({ x }, ['y'])
      return []
    })
    expect(peakBytes - start).toBe(2 * 4 * length)
    x.dispose()
  })

  test('a thousand runs leave the number of tensors unchanged', async () => {
    const executable = await engine.compile(
      program('step', { x: o.mul(o.input('x', [2]), o.constant(Float32Array.of(2, 0.5), [2])) }),
    )
    const first = await engine.upload(floats(1, 1))
    const count = await engine.memory()
    let x = first
    for (let run = 0; run < 1000; run++) {
      const { device } = await executable.run({ x })
      x.dispose()
      x = device.x!
      if (run % 100 === 0) expect(await engine.memory()).toEqual(count)
    }
    expect(await engine.memory()).toEqual(count)
    executable.dispose()
    x.dispose()
    await engine.memory()
  })

  // WebGPU does not fail half-way. It reports errors after the run: see watch-device.spec.ts.
  test.skipIf(engine.name === 'tfjs-webgpu')(
    'a run that fails half-way frees its values and names the operation, and the next run works',
    async () => {
      const executable = await engine.compile(lookUp)
      const feed = { table: await engine.upload(floats(0, 1)), x: floats(1, 2) }
      const count = memory().numTensors
      const beyond = await engine.upload(ints(2))
      await expect(executable.run({ ...feed, ids: beyond })).rejects.toThrow(
        failed(expect.stringMatching(/^program "look up": gather of float32\[2\] and int32\[1\]: .*the index value 2/)),
      )
      beyond.dispose()
      await engine.memory()
      expect(memory().numTensors).toBe(count)
      const { host } = await executable.run({ ...feed, ids: ints(0) }, ['row', 'other'])
      expect(host).toEqual({ row: floats(1), other: floats(2, 6) })
      feed.table.dispose()
      executable.dispose()
      await engine.memory()
    },
  )

  test('a feed that does not fit, a disposed tensor and a tensor of another engine are refused', async () => {
    const executable = await engine.compile(increment)
    await expect(executable.run({})).rejects.toThrow(failed('program "increment": input "x" is missing'))
    const other = shared.find((candidate) => candidate !== engine)!
    const [gone, foreign] = [await engine.upload(floats(1, 2)), await other.upload(floats(1, 2))]
    gone.dispose()
    for (const x of [gone, foreign])
      await expect(executable.run({ x })).rejects.toThrow(
        failed('program "increment": input "x" was disposed, or belongs to another engine'),
      )
    await expect(engine.read(gone)).rejects.toThrow(failed(expect.stringContaining('disposed')))
    foreign.dispose()
    executable.dispose()
    await Promise.all([engine.memory(), other.memory()])
  })
})

describe.each(backends)('closing %s', (backend) => {
  test('frees tensors and constants after the earlier runs and refuses later calls', async () => {
    const engine = await openTfjs(backend)
    const [kept, dropped] = [await engine.compile(increment), await engine.compile(increment)]
    const tensor = await engine.upload(floats(1, 2))
    const { device } = await kept.run({ x: tensor })
    const last = kept.run({ x: tensor }, ['y'])
    dropped.dispose()
    await expect(dropped.run({ x: tensor })).rejects.toThrow(failed('program "increment": it was disposed'))
    const closing = engine.close()
    expect((await last).host.y).toEqual(floats(2, 3))
    await closing
    expect(memory().numTensors).toBe(before)
    const closed = failed('the engine is closed')
    await expect(engine.compile(increment)).rejects.toThrow(closed)
    await expect(engine.upload(floats(1))).rejects.toThrow(closed)
    await expect(engine.memory()).rejects.toThrow(closed)
    await expect(kept.run({ x: floats(1, 2) })).rejects.toThrow(closed)
    for (const owned of [kept, tensor, device.y!]) owned.dispose()
    await expect(engine.close()).resolves.toBeUndefined()
  })
})
