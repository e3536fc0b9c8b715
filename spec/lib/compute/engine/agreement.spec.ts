import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Engine } from '#lib/compute/engine/engine.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { expectAgreement } from '../reference/agreement.js'
import { cases } from '../reference/cases.js'

describe.each(inject('engines'))('%s agrees with double precision', (name) => {
  let engine: Engine
  beforeAll(async () => {
    engine = await inWorker(name)
  })
  afterAll(() => engine.close())

  test.each(cases)('$name', (one) => expectAgreement(engine, one))

  test('no tensor is left on the engine', async () => {
    expect(await engine.memory()).toEqual({ tensors: 0, bytes: 0 })
  })
})
