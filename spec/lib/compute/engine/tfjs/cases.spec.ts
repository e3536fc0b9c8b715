import { memory } from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, test } from 'vitest'
import type { Engine } from '#lib/compute/engine/engine.js'
import { openTfjs } from '#lib/compute/engine/tfjs/open-tfjs.js'
import { cases } from '../../reference/cases.js'
import { expectClose } from '../../reference/close.js'
import { interpret } from '../../reference/interpret.js'
import { backends } from './backends.js'

/** All in one thread, where each has to find its own backend again. */
const engines: Engine[] = []
for (const backend of backends) engines.push(await openTfjs(backend))
afterAll(() => Promise.all(engines.map((engine) => engine.close())))

describe.each(engines)('$name agrees with double precision, and leaves no tensor behind', (engine) => {
  test.each(cases)('$name', async ({ program, feed }) => {
    const before = memory().numTensors
    const executable = await engine.compile(program)
    const { host, device } = await executable.run(feed, [...program.outputs.keys()])
    expect(device).toEqual({})
    for (const [output, { shape, data }] of Object.entries(interpret(program, feed))) {
      expect(host[output]!.shape).toEqual(shape)
      expect(host[output]!.data).toBeInstanceOf(data instanceof Int32Array ? Int32Array : Float32Array)
      expectClose(host[output]!.data, data, 1e-5)
    }
    executable.dispose()
    await engine.memory()
    expect(memory().numTensors).toBe(before)
  })
})
