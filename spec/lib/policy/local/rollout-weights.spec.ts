import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import type { EngineName } from '#lib/compute/engine/engines.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { isQuantized } from '#lib/model/quantized-names.js'
import { mismatch_BT, truncate } from '#lib/objective/corrections.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import type { LocalModel } from '#lib/policy/local/local-model.js'
import { expectClose } from '../../compute/reference/close.js'
import { rounded } from '../../model/eight-bits.js'
import {
  accepted,
  all,
  checkpoint,
  config,
  inOrder,
  only,
  promptsOf,
  rewarded,
  runsAfterUnsubscribing,
  sampling,
  snapshotOf,
  tokensOf,
  watched,
  type WatchedEngine,
  withModel,
} from './tiny.js'

const texts = ['1+', '23+45', '6', '7890+12']
const QUANTIZED = 7 * config.layers
const int8 = { rolloutWeights: 'int8' } as const

const sampled = async ({ policy }: Pick<LocalModel, 'policy'>, batch = 0, how = sampling) =>
  inOrder(await all(policy.sample(promptsOf(texts, batch), how)))

/** Samples a batch and scores it by the learner. */
const scored = async (model: LocalModel, batch = 0) => {
  const drawn = rewarded(await sampled(model, batch))
  return accepted(drawn, await only(model.policy.score(drawn)))
}

describe.each(inject('engines'))('rollouts in int8 on %s', (name: EngineName) => {
  let engine: WatchedEngine
  beforeAll(async () => {
    engine = watched(await inWorker(name, { threads: 1 }))
  })
  afterAll(() => engine.close())

  it('are complete, and do not take more memory each time', () =>
    withModel(
      engine,
      async (model) => {
        const groups = await sampled(model)
        const before = await engine.memory()
        expect(groups).toHaveLength(4)
        for (const { completions } of groups) {
          expect(completions).toHaveLength(sampling.group)
          for (const { logprobs_T } of completions) expect(logprobs_T.every((x) => x <= 0 && x > -30)).toBe(true)
        }
        expect(tokensOf(await sampled(model))).toEqual(tokensOf(groups))
        expect(await engine.memory()).toEqual(before)
      },
      int8,
    ))

  it('are scored by the learner, which differs slightly, and corrected by the ratio', () =>
    withModel(
      engine,
      async (model) => {
        const before = engine.runs.length
        const batch = await scored(model)
        expect(engine.runs.slice(before).filter((run) => run.startsWith('score'))).toHaveLength(1)
        const d_BT = mismatch_BT(batch)
        const sizes = d_BT.map(Math.abs)
        const tokens = batch.mask_BT.reduce((sum, trains) => sum + trains, 0)
        expect(sizes.reduce((a, b) => a + b) / tokens).toBeLessThan(0.1)
        expect(Math.max(...sizes)).toBeGreaterThan(1e-3)
        const { importance_BT } = truncate(1.01)(batch)
        batch.responses.forEach(({ completion: { logprobs_T } }, b) =>
          logprobs_T.forEach((logprob, t) => {
            const at = b * batch.width + t
            const ratio = Math.exp(batch.scores.logprobs_BT[at]! - logprob)
            expect(importance_BT![at]).toBeCloseTo(Math.min(ratio, 1.01), 6)
          }),
        )
        expect(importance_BT!.some((weight) => weight < 1)).toBe(true)
        expect(Math.max(...importance_BT!)).toBeCloseTo(1.01)
      },
      int8,
    ))

  it('are sampled from the newest version, which is copied once', () =>
    withModel(
      engine,
      async (model) => {
        const read = vi.spyOn(engine, 'read')
        const batch = await scored(model)
        const before = await sampled(model)
        expect(read).toHaveBeenCalledTimes(QUANTIZED)
        const corrected = { ...batch, ...truncate()(batch) }
        expect(await only(model.learner.update(corrected, ppoClip()))).toMatchObject({ status: 'updated', version: 1 })
        const groups = await sampled(model)
        expect(read).toHaveBeenCalledTimes(2 * QUANTIZED)
        read.mockRestore()
        expect(groups.every(({ completions }) => completions.every(({ version }) => version === 1))).toBe(true)
        expect(tokensOf(groups)).not.toEqual(tokensOf(before))
      },
      int8,
    ))
})

describe('rollouts in int8', () => {
  let engine: WatchedEngine
  let exact: WatchedEngine
  beforeAll(async () => {
    engine = watched(await inWorker('onnx', { threads: 1 }))
    exact = watched(await inWorker('tfjs-wasm'))
  })
  afterAll(() => Promise.all([engine.close(), exact.close()]))

  it('are those of the rounded weights on an engine that does not round activations', async () => {
    const found = await withModel(exact, (model) => sampled(model), int8)
    const weights = { ...checkpoint, weights: rounded(checkpoint.weights) }
    const expected = await withModel(exact, (model) => sampled(model), { checkpoint: weights })
    expect(tokensOf(found)).toEqual(tokensOf(expected))
    found.forEach(({ completions }, p) =>
      completions.forEach(({ logprobs_T }, g) =>
        expectClose(logprobs_T, expected[p]!.completions[g]!.logprobs_T, 1e-4),
      ),
    )
  })

  it('do not take more memory with each version', () =>
    withModel(
      engine,
      async (model) => {
        // With a learning rate of 0 all steps have the same shapes. New shapes would compile programs, which take memory.
        const step = async () => only(model.learner.update(await scored(model), objective))
        const objective = ppoClip()
        await step()
        const before = await engine.memory()
        for (let n = 0; n < 3; n++) await step()
        expect(model.policy.version).toBe(4)
        expect(await engine.memory()).toEqual(before)
      },
      { ...int8, learningRate: constantRate(0) },
    ))

  it('add copies of the projections only', () =>
    withModel(
      engine,
      async (model) => {
        const before = await engine.memory()
        await sampled(model)
        const { tensors, bytes } = await engine.memory()
        expect(tensors - before.tensors).toBe(2 * QUANTIZED)
        const sizes = [...checkpoint.weights].filter(([name]) => isQuantized(name))
        const expected = sizes.reduce((sum, [, { shape, data }]) => sum + data.length + 4 * shape[0]!, 0)
        expect(bytes - before.bytes).toBe(expected)
      },
      int8,
    ))

  it('continue with their first version, which is freed afterwards', () =>
    withModel(
      engine,
      async (model) => {
        const batch = await scored(model)
        await snapshotOf(model.learner)
        const fresh = await engine.memory()
        const long = { ...sampling, maxTokens: 48 }
        const [alone] = [await sampled(model, 0, long)]
        const [groups, next] = await Promise.all([
          sampled(model, 0, long),
          only(model.learner.update(batch, ppoClip())).then(() => sampled(model, 1)),
        ])
        expect(groups).toEqual(alone)
        expect(next.flatMap(({ completions }) => completions.map(({ version }) => version))).toContain(1)
        expect(await engine.memory()).toEqual(fresh)
      },
      int8,
    ))

  it('free a partial copy when it fails, and copy again on the next call', () =>
    withModel(
      engine,
      async (model) => {
        const before = await engine.memory()
        const upload = engine.upload.bind(engine)
        let calls = 0
        const spy = vi
          .spyOn(engine, 'upload')
          .mockImplementation((tensor) => (++calls === 5 ? Promise.reject(new Error('full')) : upload(tensor)))
        await expect(sampled(model)).rejects.toThrow('full')
        expect(await engine.memory()).toEqual(before)
        expect(await sampled(model)).toHaveLength(4)
        spy.mockRestore()
      },
      int8,
    ))

  it('stop within one engine run after unsubscribing', () =>
    withModel(
      engine,
      async (model) => {
        await sampled(model)
        const before = await engine.memory()
        for (const run of [0, 3]) {
          const after = await runsAfterUnsubscribing(engine, run, model.policy.sample(promptsOf(texts), sampling))
          expect(after.length).toBeLessThanOrEqual(2)
        }
        expect(await engine.memory()).toEqual(before)
      },
      int8,
    ))
})
