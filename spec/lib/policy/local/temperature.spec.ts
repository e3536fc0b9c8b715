import { from, lastValueFrom, of, toArray } from 'rxjs'
import { afterAll, describe, expect, it } from 'vitest'
import * as E from 'fp-ts/lib/Either.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { mismatch_BT, truncate } from '#lib/objective/corrections.js'
import { klCov } from '#lib/objective/kl-cov.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { withKl } from '#lib/objective/with-kl.js'
import type { LocalModel } from '#lib/policy/local/local-model.js'
import type { Batch } from '#lib/rollout/batch.js'
import { klPenalty } from '#operators/kl-penalty.js'
import { aReward } from '#testing.js'
import { compilingOnce } from './compiling-once.js'
import { expectClose } from '../../compute/reference/close.js'
import {
  accepted,
  all,
  inOrder,
  only,
  promptsOf,
  rewarded,
  sampling,
  watched,
  withModel,
  expectCloseScores,
} from './tiny.js'

const engine = watched(compilingOnce(await inWorker('onnx', { threads: 1 })))
afterAll(() => engine.close())

const settings = [
  { temperature: 0.5, topK: 0, topP: 1 },
  { temperature: 1, topK: 0, topP: 0.9 },
  { temperature: 1, topK: 4, topP: 1 },
  { temperature: 0.5, topK: 4, topP: 0.9 },
  { temperature: 1.6, topK: 0, topP: 1 },
]
const sampledGroups = async ({ policy }: LocalModel, how: (typeof settings)[number]) =>
  inOrder(await all(policy.sample(promptsOf(['1+', '23']), { ...sampling, ...how })))

/** Copies of the responses, which have no record of sampling, so that they are read again. */
const copied = (batch: Batch): Batch => ({
  ...batch,
  responses: batch.responses.map((response) => ({ ...response, completion: { ...response.completion } })),
})

describe.each(settings)('samples at %o', (how) => {
  const { temperature } = how

  it('are scored at the sampling temperature, from the record of sampling and by reading them again', async () => {
    await withModel(engine, async (model) => {
      const batch = rewarded(await sampledGroups(model, how))
      const before = engine.runs.length
      const recorded = await only(model.policy.score(batch, temperature))
      expect(engine.runs.length).toBe(before)
      const read = await only(model.policy.score(copied(batch), temperature))
      const logprobsOf = ({ tempered, logprobs_BT }: typeof read) => tempered?.logprobs_BT ?? logprobs_BT
      expectClose(logprobsOf(recorded), logprobsOf(read), 1e-5)
      expect([recorded.tempered?.temperature, read.tempered?.temperature]).toEqual(
        temperature === 1 ? [undefined, undefined] : [temperature, temperature],
      )
      // Entropy and S are at temperature 1.
      const at1 = await only(model.policy.score(copied(batch)))
      const { tempered: _, ...readAt1 } = read
      expectCloseScores(readAt1, at1, 1e-5)
      // A record of another temperature is not used.
      const other = engine.runs.length
      await only(model.policy.score(batch, 0.9))
      expect(engine.runs.length).toBe(other + 1)
    })
  })

  it('have an importance weight of 1 at every token', async () => {
    await withModel(engine, async (model) => {
      const batch = copied(rewarded(await sampledGroups(model, how)))
      const filtered = accepted(batch, await only(model.policy.score(batch, temperature)))
      expect(Math.max(...mismatch_BT(filtered).map(Math.abs))).toBeLessThan(1e-5)
      expectClose(truncate(2)(filtered).importance_BT!, new Float32Array(filtered.mask_BT.length).fill(1), 1e-5)
    })
  })

  it('train with a ratio of 1 at the first optimiser step', async () => {
    await withModel(engine, async (model) => {
      const batch = rewarded(await sampledGroups(model, how))
      const scores = await only(model.policy.score(batch, temperature))
      const reference = await only(model.freeze().score(batch, temperature))
      const filtered = {
        ...accepted(batch, scores),
        referenceLogprobs_BT: reference.tempered?.logprobs_BT ?? reference.logprobs_BT,
      }
      for (const objective of [withKl(ppoClip(), { klCoefficient: 1 }), klCov({ covShare: 0.5, minibatches: 2 })]) {
        const report = await only(model.learner.update(filtered, objective))
        if (objective.minibatches > 1) continue
        expect(report).toMatchObject({ status: 'updated' })
        if (report.status !== 'updated') return
        expectClose([report.ratio.min, report.ratio.max], [1, 1], 1e-5)
      }
    })
  })

  it.each(['float32', 'int8'] as const)(
    'have no KL penalty where policy = reference, with %s rollouts',
    async (form) => {
      await withModel(
        engine,
        async (model) => {
          const groups = (await sampledGroups(model, how)).map((group) => ({
            ...group,
            rewards_G: group.completions.map((_, g) => E.right(aReward(g))),
          }))
          const ports = { policy: model.policy, reference: model.freeze() }
          const penalised = of(...groups).pipe(
            klPenalty(ports, { klCoefficient: 1e3, scoreTemperature: temperature }, { firstStep: 0 }),
            toArray(),
          )
          const found = await lastValueFrom(from(penalised))
          expect(found.map(({ rewards_G }) => rewards_G)).toEqual(groups.map(({ rewards_G }) => rewards_G))
        },
        { rolloutWeights: form },
      )
    },
  )
})
