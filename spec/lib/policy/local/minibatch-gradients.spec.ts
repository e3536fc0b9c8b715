import { fc, test } from '@fast-check/vitest'
import { afterAll, describe, expect, it } from 'vitest'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { neg } from '#lib/compute/operation/index.js'
import type { HostTensor } from '#lib/compute/program/node.js'
import { type WeightMap, weightShapes } from '#lib/model/weights.js'
import { type AggregationName, aggregations } from '#lib/objective/aggregations.js'
import type { Objective } from '#lib/objective/objective.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { supervised } from '#lib/objective/supervised.js'
import type { FilteredBatch, Response } from '#lib/rollout/batch.js'
import { demonstrationBatch } from '#lib/batch/demonstration-batch.js'
import { compilingOnce } from './compiling-once.js'
import { expectRelative } from '../../compute/reference/close.js'
import { aBatchOf, accepted, config, only, promptOf, snapshotOf, tokenizer, watched, withModel } from './tiny.js'

const engine = watched(compilingOnce(await inWorker('onnx', { threads: 1 })))
afterAll(() => engine.close())

const batch = aBatchOf([5, 1, 9, 3, 12, 2, 7])
const B = batch.responses.length
const lengths = batch.responses.map(({ completion }) => completion.tokens.length)
const clip = ppoClip()

/** Scores that differ from the policy's, so that some ratios are clipped and none is 1. */
const scored = await withModel(engine, async ({ policy }) => {
  const scores = await only(policy.score(batch))
  const shifted = scores.logprobs_BT.map((logprob, i) => logprob + 0.25 * Math.sin(i))
  return accepted(batch, { ...scores, logprobs_BT: shifted })
})

/** With these settings the first moments after one step are the gradient: no averaging, no clipping. */
const unmixed = { beta1: 0, maxNorm: 1e9 }

const trained = (of: FilteredBatch, objective: Objective = clip, microBatch = 64) =>
  withModel(
    engine,
    async ({ learner }) => {
      const report = await only(learner.update(of, objective))
      if (report.status !== 'updated') throw new Error(`found ${report.reason}`)
      return { report, gradient: (await snapshotOf(learner)).firstMoments }
    },
    { microBatch, adamw: unmixed },
  )

const gradientOf = async (of: FilteredBatch, objective?: Objective) => (await trained(of, objective)).gradient

const names = [...weightShapes(config).keys()]
const expectGradient = (
  found: WeightMap<HostTensor>,
  expected: (name: string) => ArrayLike<number>,
  tolerance = 2e-5,
) => {
  for (const name of names) expectRelative(found.get(name)!.data, expected(name), tolerance)
}

/** Weighted sum of gradients, by name. */
const sumOf =
  (terms: readonly (readonly [number, WeightMap<HostTensor>])[]) =>
  (name: string): number[] =>
    terms
      .map(([factor, gradient]) => Array.from(gradient.get(name)!.data, (x) => factor * x))
      .reduce((a, b) => a.map((x, i) => x + b[i]!))

/** Accepts only these responses. Others keep their row. */
const onlyThese = (of: FilteredBatch, rows: readonly number[]): FilteredBatch => ({
  ...of,
  accepted_B: of.accepted_B.map((_, b) => rows.includes(b)),
  mask_BT: of.mask_BT.map((m, i) => (rows.includes(Math.floor(i / of.width)) ? m : 0)),
})

const range = (count: number) => Array.from({ length: count }, (_, i) => i)
const alone: WeightMap<HostTensor>[] = []
for (const b of range(B)) alone.push(await gradientOf(onlyThese(scored, [b])))
const total = lengths.reduce((a, b) => a + b)

describe('the gradient of a minibatch', () => {
  it('weights each token by 1 / number of tokens, for token-mean', async () => {
    const expected = sumOf(alone.map((gradient, b) => [lengths[b]! / total, gradient] as const))
    expectGradient(await gradientOf(scored), expected)
  })

  it('is the mean of the means of responses, for seq-mean-token-mean', async () => {
    const expected = sumOf(alone.map((gradient) => [1 / B, gradient] as const))
    expectGradient(await gradientOf(scored, ppoClip({ aggregation: 'seq-mean-token-mean' })), expected)
  })

  it('is the mean over prompts of the mean over responses of the sum over tokens, for prompt-mean-token-sum', async () => {
    // Two responses belong to one prompt, the others to another.
    const grouped = { ...scored, responses: scored.responses.map((each, b) => ({ ...each, group: b < 2 ? 0 : 1 })) }
    const weight = (b: number) => lengths[b]! / (2 * (b < 2 ? 2 : B - 2))
    const expected = sumOf(alone.map((gradient, b) => [weight(b), gradient] as const))
    expectGradient(await gradientOf(grouped, ppoClip({ aggregation: 'prompt-mean-token-sum' })), expected)
  })

  const anyAggregation = fc.constantFrom(...(Object.keys(aggregations) as AggregationName[]))
  test.prop([fc.integer({ min: 1, max: 9 }), anyAggregation], { numRuns: 10 })(
    'is the same in micro-batches of any size',
    async (microBatch, aggregation) => {
      const objective = ppoClip({ aggregation, norm: 12 })
      const [found, whole] = [await trained(scored, objective, microBatch), await trained(scored, objective)]
      expectGradient(found.gradient, (name) => whole.gradient.get(name)!.data)
      for (const key of ['loss', 'gradientNorm', 'clipFraction', 'kl'] as const)
        expect(found.report[key]).toBeCloseTo(whole.report[key], 5)
      expect(found.report.ratio.min).toBeCloseTo(whole.report.ratio.min, 5)
      expect(found.report.ratio.max).toBeCloseTo(whole.report.ratio.max, 5)
    },
  )

  it('runs once per micro-batch of completions of similar length', async () => {
    const before = engine.runs.length
    await trained(scored, clip, 3)
    expect(engine.runs.slice(before)).toEqual([
      'train ppo-clip 3x3 behind 3x8',
      'train ppo-clip 3x9 behind 3x8',
      'accumulate gradients',
      'train ppo-clip 3x13 behind 1x8',
      'accumulate gradients',
      'adamw',
    ])
  })
})

describe('responses and tokens that do not train', () => {
  test.prop([fc.uniqueArray(fc.nat(B - 1), { minLength: 1, maxLength: B - 1 }), fc.integer({ min: 1, max: 8 })], {
    numRuns: 8,
  })('rejected responses contribute nothing', async (rows, microBatch) => {
    const kept = onlyThese(scored, rows)
    const poisoned = {
      ...kept,
      advantages_B: kept.advantages_B.map((advantage, b) => (rows.includes(b) ? advantage : NaN)),
      responses: kept.responses.map((response, b) => (rows.includes(b) ? response : reversed(response))),
    }
    const { gradient, report } = await trained(poisoned, clip, microBatch)
    const tokens = rows.reduce((sum, b) => sum + lengths[b]!, 0)
    expectGradient(gradient, sumOf(rows.map((b) => [lengths[b]! / tokens, alone[b]!] as const)))
    expect(report.loss).toBeCloseTo((await trained(kept)).report.loss, 5)
  })

  const reversed = (response: Response): Response => ({
    ...response,
    completion: { ...response.completion, tokens: response.completion.tokens.toReversed() },
  })

  it('masked tokens contribute nothing, whatever their scores', async () => {
    // Masks the odd tokens of every response that has more than one.
    const mask_BT = scored.mask_BT.map((m, i) => (lengths[Math.floor(i / scored.width)] === 1 || i % 2 === 1 ? m : 0))
    const junk = (value: number) => ({
      ...scored.scores,
      logprobs_BT: scored.scores.logprobs_BT.map((x, i) => (mask_BT[i] === 1 ? x : value)),
    })
    const clean = await trained({ ...scored, mask_BT })
    for (const value of [0, -9, 9]) {
      const { gradient, report } = await trained({ ...scored, mask_BT, scores: junk(value) })
      expectGradient(gradient, (name) => clean.gradient.get(name)!.data)
      expect(report).toEqual(clean.report)
    }
    expect(clean.gradient.get(names[0]!)!.data).not.toEqual((await gradientOf(scored)).get(names[0]!)!.data)
  })

  it('a response masked from some token on has the gradient of a shorter response', async () => {
    const [b, keep] = [2, 4]
    const cut = onlyThese(scored, [b])
    const mask_BT = cut.mask_BT.map((m, i) => (i % cut.width < keep ? m : 0))
    const shorter = cut.responses.map((response, at) =>
      at === b
        ? { ...response, completion: { ...response.completion, tokens: response.completion.tokens.slice(0, keep) } }
        : response,
    )
    const expected = await gradientOf({ ...cut, mask_BT, responses: shorter })
    expectGradient(await gradientOf({ ...cut, mask_BT }), (name) => expected.get(name)!.data)
  })
})

describe('an objective', () => {
  it('need not read every matrix', async () => {
    const demonstrations = ['12', '345+', '6'].map((text) => ({
      prompt: promptOf('1+'),
      text,
      tokens: [...tokenizer.encode(text), tokenizer.ends[0]!],
    }))
    const { report } = await trained(demonstrationBatch(0, demonstrations), supervised(), 2)
    expect(report).toMatchObject({ clipFraction: 0, ratio: { min: 1, max: 1 } })
    expect(report.loss).toBeGreaterThan(0)
  })

  it('may be written by the caller', async () => {
    const own: Objective = {
      ...supervised(),
      name: 'own',
      loss: (given) => ({ ...supervised().loss(given), loss_BT: neg(given.logprobs_BT) }),
    }
    const [found, expected] = [await gradientOf(scored, own), await gradientOf(scored, supervised())]
    expectGradient(found, (name) => expected.get(name)!.data)
  })
})
