import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { CheckpointError } from '#lib/checkpoint/checkpoint-error.js'
import { freshAdapters, withAdapters } from '#lib/model/lora/adapters.js'
import type { ModelSource } from '#lib/model/model-checkpoint.js'
import { trainedShapes } from '#lib/model/weights.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import { orThrow } from '#lib/or-throw.js'
import { localModel } from '#lib/policy/local/local-model.js'
import { createOptimizerStore } from '#lib/policy/local/optimizer-store.js'
import { type CountingEngine, countingEngine } from './counting-engine.js'
import { checkpoint as whole, tokenizer } from './tiny.js'

/** With adapters, all other weights are frozen, and replicas copy them when they open. */
const adapted = withAdapters(whole, freshAdapters(whole.config, { rank: 2, alpha: 4, targets: ['q_proj'] }, 1))
const nothing = { tensors: 0, routines: 0 }

const open = (engines: readonly CountingEngine[], checkpoint: ModelSource = adapted) => {
  const [engine, ...replicas] = engines as readonly [CountingEngine, ...CountingEngine[]]
  return localModel({ engine, replicas, checkpoint, tokenizer, learningRate: constantRate(1e-3) })
}

/** Three engines, one of which fails at a call. */
const trio = (failing: number, call: number) =>
  [0, 1, 2].map((place) => countingEngine(`engine ${place}`, place === failing ? call : Infinity))

/** Numbers of calls that each engine serves while a model opens. */
const callsToOpen = async (): Promise<readonly number[]> => {
  const engines = trio(-1, 0)
  const model = await orThrow(open(engines))
  const calls = engines.map((engine) => engine.calls())
  await model.close()
  expect(engines.map((engine) => engine.held())).toEqual([nothing, nothing, nothing])
  return calls
}

describe('localModel', () => {
  it('frees everything on every engine, whichever call of whichever engine fails', async () => {
    for (const [failing, calls] of (await callsToOpen()).entries()) {
      expect(calls).toBeGreaterThan(2)
      for (let call = 0; call < calls; call++) {
        const engines = trio(failing, call)
        const found = await open(engines)()
        expect(found).toMatchObject(E.left({ _tag: 'EngineFailed', message: `engine ${failing}, call ${call}` }))
        expect(engines.map((engine) => engine.held())).toEqual([nothing, nothing, nothing])
      }
    }
  })

  it('frees everything when the source of the weights fails, and says so', async () => {
    const unplugged: ModelSource = {
      ...whole,
      weights: (function* () {
        yield [...whole.weights][0]!
        throw new Error('unplugged')
      })(),
    }
    const engines = trio(-1, 0)
    const found = await open(engines, unplugged)()
    expect(E.isLeft(found) && found.left).toBeInstanceOf(CheckpointError)
    expect(found).toMatchObject(E.left({ place: 'the checkpoint', found: 'Error: unplugged' }))
    expect(engines.map((engine) => engine.held())).toEqual([nothing, nothing, nothing])
  })
})

describe('the optimiser store', () => {
  const shapes = trainedShapes(adapted.config)

  it('frees the moments it has created when it cannot create all, and tries again on the next call', async () => {
    const engine = countingEngine('engine', shapes.size + 1)
    const store = createOptimizerStore(engine, new Map(), shapes)
    await expect(store.prepare()).rejects.toThrow('engine, call')
    expect(engine.held()).toEqual(nothing)
    await Promise.all([store.prepare(), store.prepare()])
    expect(engine.held().tensors).toBe(2 * shapes.size)
    store.dispose()
    expect(engine.held()).toEqual(nothing)
  })
})
