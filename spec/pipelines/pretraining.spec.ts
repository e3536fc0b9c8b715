import { lastValueFrom, of, toArray } from 'rxjs'
import { afterAll, describe, expect, it } from 'vitest'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { initialWeights } from '#lib/model/weights.js'
import type { FilteredBatch } from '#lib/rollout/batch.js'
import { demonstrationBatch } from '#lib/batch/demonstration-batch.js'
import type { Demonstration } from '#lib/rollout/demonstration.js'
import { pretraining } from '#pipelines/pretraining.js'
import { anUpdate, aPrompt, fakeLearner, virtually } from '#testing.js'
import {
  all,
  config,
  promptOf,
  promptsOf,
  sampling,
  snapshotOf,
  tokenizer,
  watched,
  withModel,
} from '../lib/policy/local/tiny.js'

const aDemonstration = (n: number): Demonstration => ({ prompt: aPrompt(`${n}`), text: `${n}`, tokens: [n + 1, 0] })

describe('pretraining', () => {
  it('reads demonstrations in order, each once, one batch per step', async () => {
    const learner = fakeLearner()
    const reports = await lastValueFrom(pretraining(learner, aDemonstration, { steps: 3, batch: 2 }).pipe(toArray()))
    expect(reports).toEqual([1, 2, 3].map((version) => anUpdate(version)))
    const expected = [0, 1, 2].map((step) => demonstrationBatch(step, [2 * step, 2 * step + 1].map(aDemonstration)))
    expect(learner.updates).toEqual(expected)
  })

  it('builds a batch when the step before is done, and unsubscribes from the learner', () => {
    virtually(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const updates = [1, 2, 3].map((version) => cold('---(u|)', { u: anUpdate(version) }))
      const calls: { readonly demonstrations: number; readonly batch: FilteredBatch }[] = []
      let drawn = 0
      const learner = fakeLearner({
        update: (_, batch) => {
          calls.push({ demonstrations: drawn, batch })
          return updates[batch.step]!
        },
      })
      const demonstration = (n: number) => (drawn++, aDemonstration(n))
      const reports$ = pretraining(learner, demonstration, { steps: 1e6, batch: 2 })
      expectObservable(reports$, '^------!').toBe('---a--b', { a: anUpdate(1), b: anUpdate(2) })
      expectSubscriptions(updates[0]!.subscriptions).toBe('^--!')
      expectSubscriptions(updates[1]!.subscriptions).toBe('---^--!')
      expectSubscriptions(updates[2]!.subscriptions).toBe('------^!')
      flush()
      expect(calls.map(({ demonstrations }) => demonstrations)).toEqual([2, 4, 6])
    })
  })

  it('fails with the error of the learner', () => {
    virtually(({ cold, expectObservable }) => {
      const learner = fakeLearner({ update: (report, { step }) => (step === 0 ? of(report) : cold('--#')) })
      expectObservable(pretraining(learner, aDemonstration, { steps: 5, batch: 1 })).toBe('a-#', { a: anUpdate(1) })
    })
  })

  it('does not overflow the stack when updates are synchronous', async () => {
    const learner = fakeLearner()
    expect(await lastValueFrom(pretraining(learner, aDemonstration, { steps: 20_000, batch: 1 }))).toEqual(
      anUpdate(20_000),
    )
  })
})

describe('a pretrained model', () => {
  /** Demonstration that repeats the first digit. */
  const copy = (n: number): Demonstration => {
    const [first, second] = [`${n % 10}`, `${Math.floor(n / 10) % 10}`]
    return {
      prompt: promptOf(`${first}${second}+`),
      text: first,
      tokens: [...tokenizer.encode(first), tokenizer.ends[0]!],
    }
  }
  const onnx = inWorker('onnx', { threads: 1 })
  afterAll(async () => (await onnx).close())

  it('learns to answer as demonstrated, without growing memory', async () => {
    const engine = watched(await onnx)
    const checkpoint = { config, weights: initialWeights(config, 4), metadata: {} }
    await withModel(
      engine,
      async ({ policy, learner }) => {
        await snapshotOf(learner)
        const resting = await engine.memory()
        const reports = await all(pretraining(learner, copy, { steps: 150, batch: 20 }))
        expect(await engine.memory()).toEqual(resting)
        const losses = reports.map((report) => (report.status === 'updated' ? report.loss : NaN))
        // The initial policy is uniform over the vocabulary.
        expect(losses[0]).toBeCloseTo(Math.log(config.vocabulary), 1)
        expect(losses.at(-1)).toBeLessThan(0.05)
        const groups = await all(
          policy.sample(promptsOf(['37+', '82+', '55+']), { ...sampling, temperature: 0, group: 1 }),
        )
        expect(groups.map(({ prompt, completions }) => [prompt.text[0], completions[0]!.text])).toEqual(
          groups.map(({ prompt }) => [prompt.text[0], prompt.text[0]]),
        )
        expect(policy.version).toBe(150)
      },
      { checkpoint },
    )
  })
})
