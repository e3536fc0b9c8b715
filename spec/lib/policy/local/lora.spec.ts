import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { freshAdapters, withAdapters } from '#lib/model/lora/adapters.js'
import type { LoraConfig } from '#lib/model/lora/lora.js'
import { adapterShapes, weightShapes } from '#lib/model/weights.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import type { LocalModel } from '#lib/policy/local/local-model.js'
import type { Batch } from '#lib/rollout/batch.js'
import { chunks } from '#lib/policy/chunks.js'
import { expectClose } from '../../compute/reference/close.js'
import {
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

const lora: LoraConfig = { rank: 2, alpha: 8, targets: ['q_proj', 'v_proj', 'down_proj'] }
const adapted = withAdapters(checkpoint, freshAdapters(config, lora, 1))
const names = [...adapterShapes(adapted.config).keys()]
const options = { checkpoint: adapted, microBatch: 5, learningRate: constantRate(0.05) }

let engines: readonly [WatchedEngine, WatchedEngine]
beforeAll(async () => {
  const open = async () => watched(await inWorker('onnx', { threads: 1 }))
  engines = [await open(), await open()]
})
afterAll(() => Promise.all(engines.map((engine) => engine.close())))

const sampled = async ({ policy }: LocalModel) =>
  inOrder(await all(policy.sample(promptsOf(['1+', '23+45', '6', '7890+12']), sampling)))
const completionsOf = ({ responses }: Batch) =>
  chunks(
    responses.map(({ completion: { tokens } }) => [...tokens]),
    sampling.group,
  )
const step = async (model: LocalModel) => {
  const batch = rewarded(await sampled(model))
  const report = await only(model.learner.update(accepted(batch, await only(model.policy.score(batch))), ppoClip()))
  return { batch, report }
}

describe('a model with adapters', () => {
  it('has the output of the model without adapters at first', async () => {
    const plain = await withModel(engines[0], sampled)
    const fresh = await withModel(engines[0], sampled, options)
    expect(tokensOf(fresh)).toEqual(tokensOf(plain))
  })

  it('trains the adapters only, and frees everything on close', async () => {
    await withModel(
      engines[0],
      async (model) => {
        const before = await snapshotOf(model.learner)
        expect([...before.parameters.keys()]).toEqual(names)
        expect([...before.firstMoments.keys()]).toEqual(names)
        const { batch, report } = await step(model)
        expect(report).toMatchObject({ status: 'updated', version: 1 })
        const after = await snapshotOf(model.learner)
        expect([...after.parameters.keys()]).toEqual(names)
        // A has no gradient while B is zero, so only B changes in the first step.
        const moved = (name: string) =>
          after.parameters.get(name)!.data.some((x, i) => x !== before.parameters.get(name)!.data[i])
        expect(names.filter(moved)).toEqual(names.filter((name) => name.includes('lora_B')))
        await step(model)
        expect(tokensOf(await sampled(model))).not.toEqual(completionsOf(batch))
      },
      options,
    )
  })

  it('samples from weights into which the adapters are merged, for the time of a call', async () => {
    await withModel(
      engines[0],
      async (model) => {
        await step(model)
        const [before, memory] = [engines[0].runs.length, await engines[0].memory()]
        const batch = rewarded(await sampled(model))
        expect(await engines[0].memory()).toEqual(memory)
        const runs = engines[0].runs.slice(before)
        expect(runs.slice(0, config.layers)).toEqual(new Array(config.layers).fill('merge adapters'))
        expect(runs.slice(config.layers)).not.toContain('merge adapters')
        const responses = batch.responses.map((response) => ({ ...response, completion: { ...response.completion } }))
        // Scoring multiplies by the weights and the adapters.
        const scores = await only(model.policy.score({ ...batch, responses }))
        responses.forEach(({ completion: { logprobs_T } }, b) =>
          expectClose(
            logprobs_T,
            scores.logprobs_BT.subarray(b * batch.width, b * batch.width + logprobs_T.length),
            1e-4,
          ),
        )
      },
      options,
    )
  })

  it('keeps only the adapters of a frozen reference', async () => {
    await withModel(
      engines[0],
      async (model) => {
        const reference = model.freeze()
        const { batch } = await step(model)
        const { tensors } = await engines[0].memory()
        const [then, now] = [await only(reference.score(batch)), await only(model.policy.score(batch))]
        expect(then.logprobs_BT).not.toEqual(now.logprobs_BT)
        // The frozen weights once; of the adapters, the reference, the newest version and two moments.
        expect(tensors).toBe(weightShapes(config).size + 4 * names.length)
      },
      options,
    )
  })

  it('gives the same result on two engines', async () => {
    const trained = async (replicas: readonly WatchedEngine[]) =>
      withModel(
        engines[0],
        async (model) => {
          await step(model)
          await step(model)
          return snapshotOf(model.learner)
        },
        { ...options, replicas },
      )
    const [one, two] = [await trained([]), await trained([engines[1]])]
    for (const name of names) expectClose(two.parameters.get(name)!.data, one.parameters.get(name)!.data, 1e-4)
    expect(await engines[1].memory()).toMatchObject({ tensors: 0 })
  })

  it('quantizes frozen weights once', async () => {
    await withModel(
      engines[0],
      async (model) => {
        await step(model)
        const reads = vi.spyOn(engines[0], 'read')
        await step(model)
        expect(reads).not.toHaveBeenCalled()
        reads.mockRestore()
      },
      { ...options, rolloutWeights: 'int8' },
    )
  })
})
