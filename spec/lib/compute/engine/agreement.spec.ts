import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Engine } from '#lib/compute/engine/engine.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { cases } from '../reference/cases.js'
import { expectClose } from '../reference/close.js'
import { interpret } from '../reference/interpret.js'

describe.each(inject('engines'))('%s agrees with double precision', (name) => {
  let engine: Engine
  beforeAll(async () => {
    engine = await inWorker(name)
  })
  afterAll(() => engine.close())

  test.each(cases)('$name', async ({ program, feed }) => {
    const executable = await engine.compile(program)
    const { host, device } = await executable.run(feed, [...program.outputs.keys()])
    expect(device).toEqual({})
    for (const [output, { shape, data }] of Object.entries(interpret(program, feed))) {
      expect(host[output]!.shape).toEqual(shape)
      expect(host[output]!.data).toBeInstanceOf(data instanceof Int32Array ? Int32Array : Float32Array)
      expectClose(host[output]!.data, data, 1e-5)
    }
    executable.dispose()
  })

  test('nothing is left on the engine', async () => {
    expect(await engine.memory()).toEqual({ tensors: 0, bytes: 0 })
  })
})
