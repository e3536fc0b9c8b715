import { memory } from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, test } from 'vitest'
import type { Engine } from '#lib/compute/engine/engine.js'
import { openTfjs } from '#lib/compute/engine/tfjs/open-tfjs.js'
import { expectAgreement } from '../../reference/agreement.js'
import { cases } from '../../reference/cases.js'
import { backends } from './backends.js'

/** Engines in one thread, which must each make its own backend current before a run. */
const engines: Engine[] = []
for (const backend of backends) engines.push(await openTfjs(backend))
afterAll(() => Promise.all(engines.map((engine) => engine.close())))

describe.each(engines)('$name agrees with double precision and leaves no tensor', (engine) => {
  test.each(cases)('$name', async (one) => {
    const before = memory().numTensors
    await expectAgreement(engine, one)
    await engine.memory()
    expect(memory().numTensors).toBe(before)
  })
})
