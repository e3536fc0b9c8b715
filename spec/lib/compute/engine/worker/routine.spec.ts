import { afterAll, describe, expect, it } from 'vitest'
import type { Routine, Started } from '#lib/compute/engine/engine.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import * as o from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'

const engine = await inWorker('onnx', { threads: 1 })
afterAll(() => engine.close())

interface Call {
  readonly upTo: number
  readonly failAt?: number
}

interface Said {
  readonly n: number
  readonly step: number
  readonly tensors: readonly string[]
}

/** Counts up to a number with the names of its tensors, and waits one turn of the event loop before each value. */
const counting: Routine<number, Call, Said> = {
  module: `data:text/javascript,${encodeURIComponent(`
    const turn = () => new Promise((resolve) => setImmediate(resolve))
    export const counting = {
      start: (engine, step) => ({
        async *run(tensors, { upTo, failAt }, signal) {
          for (let n = step; n <= upTo && !signal.aborted; n += step) {
            await turn()
            if (n === failAt) throw new RangeError('cannot count on')
            yield { n, step, tensors: Object.entries(tensors).map(([name, { shape }]) => name + ' ' + shape) }
          }
        },
        dispose: async () => { await turn() },
      }),
    }`)}`,
  name: 'counting',
  start: () => {
    throw new Error('it is started in the worker')
  },
}

const never = new AbortController().signal
const failed = (message: unknown) => expect.objectContaining({ name: 'PipelineError', message }) as Error
const all = async (started: Started<Call, Said>, call: Call, signal = never): Promise<number[]> => {
  const seen: number[] = []
  for await (const { n } of started.run({}, call, signal)) seen.push(n)
  return seen
}

describe('a routine in a worker', () => {
  it('yields its values in order and receives its settings and tensors', async () => {
    const started = await engine.start(counting, 2)
    const weight = await engine.upload({ shape: [2, 3], data: new Float32Array(6) })
    const said: Said[] = []
    for await (const value of started.run({ weight }, { upTo: 5 }, never)) said.push(value)
    const both = { step: 2, tensors: ['weight 2,3'] }
    expect(said).toEqual([
      { n: 2, ...both },
      { n: 4, ...both },
    ])
    expect(await all(started, { upTo: 1 })).toEqual([])
    weight.dispose()
    await started.dispose()
  })

  it('runs beside other calls and other runs', async () => {
    const [started, other] = [await engine.start(counting, 1), await engine.start(counting, 3)]
    const increment = await engine.compile(program('increment', { y: o.add(o.input('x', []), o.scalar(1)) }))
    const controller = new AbortController()
    const long = all(started, { upTo: 1e9 }, controller.signal)
    expect(await all(other, { upTo: 6 })).toEqual([3, 6])
    const { host } = await increment.run({ x: { shape: [], data: Float32Array.of(1) } }, ['y'])
    expect([...host['y']!.data]).toEqual([2])
    controller.abort()
    expect((await long).length).toBeGreaterThan(0)
    increment.dispose()
    await Promise.all([started.dispose(), other.dispose()])
  })

  it('ends without an error after an abort', async () => {
    const started = await engine.start(counting, 1)
    const controller = new AbortController()
    let last = 0
    for await (const { n } of started.run({}, { upTo: 1e9 }, controller.signal)) {
      last = n
      if (n === 3) controller.abort()
    }
    expect(last).toBeGreaterThanOrEqual(3)
    expect(await all(started, { upTo: 1e9 }, AbortSignal.abort())).toEqual(expect.any(Array))
    await started.dispose()
  })

  it('ends when its reader stops', async () => {
    const started = await engine.start(counting, 1)
    for await (const { n } of started.run({}, { upTo: 1e9 }, never)) if (n === 2) break
    expect(await all(started, { upTo: 2 })).toEqual([1, 2])
    await started.dispose()
  })

  it('fails with the error of the worker and can run again', async () => {
    const started = await engine.start(counting, 1)
    await expect(all(started, { upTo: 9, failAt: 3 })).rejects.toThrow(failed('cannot count on'))
    expect(await all(started, { upTo: 2 })).toEqual([1, 2])
    await started.dispose()
    await expect(all(started, { upTo: 2 })).rejects.toThrow(failed(expect.stringMatching(/^there is no routine \d+$/)))
  })

  it('names a disposed tensor and a missing export of its module', async () => {
    const started = await engine.start(counting, 1)
    const weight = await engine.upload({ shape: [1], data: Float32Array.of(1) })
    weight.dispose()
    expect(() => started.run({ weight }, { upTo: 1 }, never)).toThrow(
      failed('routine "counting": "weight" was disposed, or belongs to another engine'),
    )
    await expect(engine.start({ ...counting, name: 'other' }, 1)).rejects.toThrow(
      failed(expect.stringMatching(/exports no routine other$/)),
    )
    await started.dispose()
  })

  it('fails if the engine is closed during its run', async () => {
    const closing = await inWorker('onnx', { threads: 1 })
    const started = await closing.start(counting, 1)
    const pass = all(started, { upTo: 1e9 })
    void closing.close()
    await expect(pass).rejects.toThrow(failed('the engine is closed'))
    expect(() => started.run({}, { upTo: 1 }, never)).toThrow(failed('the engine is closed'))
  })
})
