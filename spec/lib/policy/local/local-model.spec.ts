import * as E from 'fp-ts/lib/Either.js'
import { from, tap } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CheckpointError } from '#lib/checkpoint/checkpoint-error.js'
import type { TrainingState } from '#lib/checkpoint/training-state.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { initialWeights, mapWeights } from '#lib/model/weights.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import { orThrow } from '#lib/or-throw.js'
import type { LocalModel } from '#lib/policy/local/local-model.js'
import type { RolloutGroup } from '#lib/rollout/rollout-group.js'
import { expectClose, expectRelative } from '../../compute/reference/close.js'
import {
  aBatchOf,
  accepted,
  all,
  checkpoint,
  config,
  inOrder,
  only,
  promptsOf,
  rewarded,
  sampling,
  snapshotOf,
  tokensOf,
  watched,
  type WatchedEngine,
  withModel,
} from './tiny.js'

const texts = ['1+', '23+45', '6', '7890+12']
const names = ['onnx', 'tfjs-wasm'] as const
const engines = new Map<(typeof names)[number], WatchedEngine>()
beforeAll(async () => {
  for (const name of names) engines.set(name, watched(await inWorker(name, { threads: 1 })))
})
afterAll(() => Promise.all([...engines.values()].map((engine) => engine.close())))

/** Objectives, created once because compiled programs are cached per objective. */
const objectives = { 1: ppoClip(), 2: ppoClip({ minibatches: 2 }) }

/** Makes one training step: samples, scores and updates. */
const step = async (
  { policy, learner }: LocalModel,
  how = sampling,
  prompts = promptsOf(texts),
  minibatches: 1 | 2 = 2,
) => {
  const groups = inOrder(await all(policy.sample(prompts, how)))
  const batch = rewarded(groups)
  const scores = await only(policy.score(batch))
  const report = await only(learner.update(accepted(batch, scores), objectives[minibatches]))
  return { groups, batch, scores, report }
}

/** Results of a step and of the sampling after it, on one engine. */
interface Trace extends Awaited<ReturnType<typeof step>> {
  readonly next: readonly RolloutGroup[]
  readonly state: TrainingState
}
const traces = new Map<(typeof names)[number], Trace>()

describe.each(names)('a model on %s', (name) => {
  it('samples, scores, updates and samples again, and frees everything on close', async () => {
    await withModel(
      engines.get(name)!,
      async (model) => {
        const made = await step(model)
        expect(made.report).toMatchObject({ status: 'updated', version: 1, optimizerSteps: 2 })
        expect(model.policy.version).toBe(1)
        const next = inOrder(await all(model.policy.sample(promptsOf(texts), sampling)))
        const versions = next.flatMap(({ completions }) => completions.map(({ version }) => version))
        expect(new Set(versions)).toEqual(new Set([1]))
        traces.set(name, { ...made, next, state: await snapshotOf(model.learner) })
      },
      { microBatch: 5 },
    )
  })

  it('copies its newest parameters to the host, which later updates do not change', async () => {
    await withModel(engines.get(name)!, async (model) => {
      const before = await orThrow(model.readParameters())
      expect(before).toMatchObject({ version: 0, config })
      const copy = structuredClone(before.parameters)
      const reading = model.readParameters()()
      await step(model)
      expect(await reading).toMatchObject({ right: { version: 0, parameters: copy } })
      expect(before.parameters).toEqual(copy)
      const after = await orThrow(model.readParameters())
      expect(after.version).toBe(1)
      expect(after.parameters).toEqual((await snapshotOf(model.learner)).parameters)
      expect(after.parameters).not.toEqual(copy)
    })
  })

  it('does not take more memory with each step', async () => {
    const engine = engines.get(name)!
    await withModel(
      engine,
      async (model) => {
        // With a learning rate of 0 all steps have the same shapes. New shapes would compile programs, which take memory.
        await step(model)
        const before = await engine.memory()
        for (let n = 0; n < 3; n++) await step(model)
        expect(await engine.memory()).toEqual(before)
        expect(model.policy.version).toBe(4)
      },
      { microBatch: 5, learningRate: constantRate(0) },
    )
  })

  it('scores its completions with the log-probabilities of sampling', () => {
    const { batch, scores } = traces.get(name)!
    batch.responses.forEach(({ completion: { logprobs_T } }, b) =>
      expectClose(logprobs_T, scores.logprobs_BT.subarray(b * batch.width, b * batch.width + logprobs_T.length), 1e-4),
    )
  })

  it('agrees with the other engine', () => {
    const [found, expected] = [traces.get(name)!, traces.get('onnx')!]
    expect(tokensOf(found.groups)).toEqual(tokensOf(expected.groups))
    expectClose(found.scores.entropy_BT, expected.scores.entropy_BT, 1e-4)
    for (const [weight, { data }] of expected.state.firstMoments)
      expectRelative(found.state.firstMoments.get(weight)!.data, data, 1e-3)
  })

  it('samples other completions after an update', () => {
    const { groups, next } = traces.get(name)!
    expect(tokensOf(next)).not.toEqual(tokensOf(groups))
  })
})

describe('memory', () => {
  it('does not grow over three hundred steps', async () => {
    const engine = engines.get('onnx')!
    const small = { ...config, layers: 1 }
    const start = { config: small, weights: initialWeights(small, 2), metadata: {} }
    const how = { ...sampling, group: 2, maxTokens: 2 }
    await withModel(
      engine,
      async (model) => {
        let atTen: unknown
        const taken = async () => ({ ...(await engine.memory()), compiled: engine.compiled.length })
        for (let n = 1; n <= 300; n++) {
          const { report } = await step(model, how, promptsOf(['1+', '23+'], n), 1)
          expect(report.version).toBe(n)
          if (n === 10) atTen = await taken()
        }
        expect(await taken()).toEqual(atTen)
      },
      { checkpoint: start, learningRate: constantRate(1e-4) },
    )
  })

  it('holds the weights, and two sets of moments after their first use', async () => {
    const engine = engines.get('onnx')!
    const before = await engine.memory()
    await withModel(engine, async ({ learner }) => {
      const held = async () => {
        const { tensors, bytes } = await engine.memory()
        return [tensors - before.tensors, bytes - before.bytes]
      }
      const bytes = [...checkpoint.weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0)
      expect(await held()).toEqual([checkpoint.weights.size, bytes])
      await Promise.all([snapshotOf(learner), snapshotOf(learner)])
      expect(await held()).toEqual([3 * checkpoint.weights.size, 3 * bytes])
    })
  })
})

describe('weights', () => {
  const scored = async ({ policy }: LocalModel) => {
    const batch = aBatchOf([5, 1, 9, 3])
    return accepted(batch, await only(policy.score(batch)))
  }

  it('of a running sample stay the same while an update publishes others', async () => {
    const engine = engines.get('onnx')!
    const long = { ...sampling, maxTokens: 48 }
    const expected = await withModel(engine, ({ policy }) => all(policy.sample(promptsOf(texts), long)))
    await withModel(engine, async (model) => {
      const batch = await scored(model)
      await snapshotOf(model.learner)
      const fresh = await engine.memory()
      const versions: number[] = []
      const groups$ = from(model.policy.sample(promptsOf(texts), long)).pipe(
        tap(() => versions.push(model.policy.version)),
      )
      const [groups] = await Promise.all([all(groups$), only(model.learner.update(batch, ppoClip()))])
      expect(versions.at(-1)).toBe(1)
      expect(inOrder(groups)).toEqual(inOrder(expected))
      expect(await engine.memory()).toEqual(fresh)
    })
  })

  it('are the initial ones in a snapshot before the first update, with zero moments', async () => {
    await withModel(engines.get('onnx')!, async ({ learner }) => {
      const zeros = mapWeights(checkpoint.weights, ({ shape, data }) => ({ shape, data: data.map(() => 0) }))
      expect(await snapshotOf(learner)).toEqual({
        version: 0,
        optimizerSteps: 0,
        parameters: checkpoint.weights,
        firstMoments: zeros,
        secondMoments: zeros,
      })
    })
  })

  it('of a snapshot belong to one version, at any time during an update', async () => {
    const engine = engines.get('onnx')!
    await withModel(
      engine,
      async (model) => {
        const batch = await scored(model)
        await only(model.learner.update(batch, ppoClip()))
        const before = await snapshotOf(model.learner)
        const meanwhile: Promise<TrainingState>[] = []
        const ask = () => meanwhile.push(snapshotOf(model.learner))
        engine.watch(() => {
          ask()
          setImmediate(ask)
        })
        await only(model.learner.update(batch, ppoClip({ minibatches: 2 })))
        engine.watch(() => undefined)
        const after = await snapshotOf(model.learner)
        expect(meanwhile.length).toBeGreaterThan(8)
        for (const found of await Promise.all(meanwhile)) expect(found).toEqual(found.version === 1 ? before : after)
        expect([after.version, after.optimizerSteps]).toEqual([2, 3])
        expect(after.parameters).not.toEqual(before.parameters)
      },
      { microBatch: 1 },
    )
  })

  it('cannot be read after the model is closed', async () => {
    const { learner } = await withModel(engines.get('onnx')!, (model) => Promise.resolve(model))
    const result = await learner.snapshot()()
    expect(E.isLeft(result) && result.left).toBeInstanceOf(CheckpointError)
  })
})

it('timers fire while the engine runs', async () => {
  const engine = engines.get('onnx')!
  const wide = { ...config, width: 256, headWidth: 64, feedForward: 512 }
  const start = { config: wide, weights: initialWeights(wide, 1), metadata: {} }
  await withModel(
    engine,
    async ({ policy }) => {
      let [ticks, atStart] = [0, 0]
      const batch = aBatchOf(new Array<number>(64).fill(56))
      engine.watch(() => (atStart = ticks))
      const timer = setInterval(() => ticks++, 1)
      const before = engine.runs.length
      await only(policy.score(batch))
      clearInterval(timer)
      engine.watch(() => undefined)
      // There was one engine run, so the ticks happened during it.
      expect(engine.runs.length - before).toBe(1)
      expect(ticks).toBeGreaterThan(atStart)
    },
    { checkpoint: start },
  )
})
