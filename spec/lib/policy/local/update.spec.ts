import { afterAll, describe, expect, it } from 'vitest'
import type { TrainingState } from '#lib/checkpoint/training-state.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { log } from '#lib/compute/operation/index.js'
import type { HostTensor, Program } from '#lib/compute/program/node.js'
import { mapWeights, type WeightMap, weightFeed, weightShapes } from '#lib/model/weights.js'
import { GRADIENT } from '#lib/model/program/train.js'
import type { Objective } from '#lib/objective/objective.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { supervised } from '#lib/objective/supervised.js'
import { adamwDefaults, type AdamWOptions, adamwProgram } from '#lib/optimizer/adamw.js'
import type { LearningRate } from '#lib/optimizer/learning-rate.js'
import type { Learner, UpdateReport } from '#lib/policy/learner.js'
import { shuffle } from '#lib/random/uniform.js'
import type { FilteredBatch } from '#lib/rollout/batch.js'
import { compilingOnce } from './compiling-once.js'
import { expectRelative } from '../../compute/reference/close.js'
import { fullTraining } from '../../model/full-pass.js'
import {
  aBatchOf,
  accepted,
  all,
  checkpoint,
  config,
  failAt,
  only,
  runsAfterUnsubscribing,
  snapshotOf,
  watched,
  withModel,
} from './tiny.js'

const engine = watched(compilingOnce(await inWorker('onnx', { threads: 1 })))
afterAll(() => engine.close())

/** With a large epsilon AdamW does not amplify gradients that are only rounding errors. */
const adamw: AdamWOptions = { ...adamwDefaults, epsilon: 1e-3, weightDecay: 0.1, maxNorm: 0.5 }
const learningRate: LearningRate = (step) => 0.02 / (step + 1)
const options = { adamw, learningRate, microBatch: 2 }

const batch = aBatchOf([5, 1, 9, 3, 12, 2, 7], 4)
const B = batch.responses.length
const scores = await withModel(engine, ({ policy }) => only(policy.score(batch)))
const scored = accepted(batch, scores)
/** Scores that differ from the policy's. */
const shifted = (by: (i: number) => number): FilteredBatch =>
  accepted(batch, { ...scores, logprobs_BT: scores.logprobs_BT.map((logprob, i) => logprob + by(i)) })

const withoutVersion = ({ parameters, firstMoments, secondMoments, optimizerSteps }: TrainingState) => ({
  parameters,
  firstMoments,
  secondMoments,
  optimizerSteps,
})

const expectSameState = (found: TrainingState, expected: Omit<TrainingState, 'version'>, tolerance: number) => {
  expect(found.optimizerSteps).toBe(expected.optimizerSteps)
  for (const part of ['parameters', 'firstMoments', 'secondMoments'] as const)
    for (const [name, { shape, data }] of expected[part]) {
      expect(found[part].get(name)!.shape).toEqual(shape)
      expectRelative(found[part].get(name)!.data, data, tolerance)
    }
}

const updated = (report: UpdateReport) => {
  if (report.status !== 'updated') throw new Error(`the update was skipped: ${report.reason}`)
  return report
}

describe('steps', () => {
  const of = shifted((i) => 0.25 * Math.sin(i))
  const advantages = batch.advantages_B
  const shapes = weightShapes(config)

  const run = async (program: Program, feed: Readonly<Record<string, HostTensor>>) => {
    const executable = await engine.compile(program)
    const { host } = await executable.run(feed, [...program.outputs.keys()])
    executable.dispose()
    return host
  }

  /** Training program over the whole batch at once, one row per response, as wide as the longest. */
  const trainedByHand = (parameters: WeightMap<HostTensor>) => {
    const rows = batch.responses.map(({ prompt, completion }) => [...prompt.tokens, ...completion.tokens])
    const T = Math.max(...rows.map((row) => row.length)) - 1
    const total = batch.responses.reduce((sum, { completion }) => sum + completion.tokens.length, 0)
    const ints = (cell: (row: readonly number[], t: number) => number | undefined) => ({
      shape: [B, T],
      data: Int32Array.from({ length: B * T }, (_, i) => cell(rows[Math.floor(i / T)]!, i % T) ?? 0),
    })
    const floats = (cell: (b: number, t: number) => number) => ({
      shape: [B, T],
      data: Float32Array.from({ length: B * T }, (_, i) => {
        const [b, t] = [Math.floor(i / T), (i % T) + 1 - batch.responses[Math.floor(i / T)]!.prompt.tokens.length]
        return t >= 0 && t < batch.responses[b]!.completion.tokens.length ? cell(b, t) : 0
      }),
    })
    return run(fullTraining(config, ppoClip(), B, T), {
      ...weightsFeed(parameters),
      tokens: ints((row, t) => (t + 1 < row.length ? row[t] : 0)),
      targets: ints((row, t) => row[t + 1]),
      oldLogprobs: floats((b, t) => of.scores.logprobs_BT[b * of.width + t]!),
      advantages: floats((b) => advantages[b]!),
      mask: floats(() => 1),
      weights: floats(() => 1 / total),
      'scalar.clipLow': { shape: [], data: Float32Array.of(0.2) },
      'scalar.clipHigh': { shape: [], data: Float32Array.of(0.2) },
    })
  }
  const weightsFeed = (of: WeightMap<HostTensor>, prefix = '') =>
    weightFeed(of, prefix) as Readonly<Record<string, HostTensor>>

  const number = (value: number) => ({ shape: [], data: Float32Array.of(value) })
  const adamwByHand = (state: Omit<TrainingState, 'version'>, trained: Readonly<Record<string, HostTensor>>) =>
    run(adamwProgram(shapes, adamw), {
      ...weightsFeed(state.parameters, 'parameter.'),
      ...weightsFeed(state.firstMoments, 'first.'),
      ...weightsFeed(state.secondMoments, 'second.'),
      ...Object.fromEntries([...shapes.keys()].map((name) => [GRADIENT + name, trained[GRADIENT + name]!])),
      rate: number(learningRate(state.optimizerSteps)),
      firstCorrection: number(1 / (1 - adamw.beta1 ** (state.optimizerSteps + 1))),
      secondCorrection: number(1 / (1 - adamw.beta2 ** (state.optimizerSteps + 1))),
    })

  it('are the training program and then AdamW', async () => {
    const zeros = mapWeights(checkpoint.weights, ({ shape, data }) => ({ shape, data: data.map(() => 0) }))
    const tokens = of.mask_BT.reduce((a, b) => a + b, 0)
    await withModel(
      engine,
      async ({ learner }) => {
        let expected: Omit<TrainingState, 'version'> = {
          parameters: checkpoint.weights,
          firstMoments: zeros,
          secondMoments: zeros,
          optimizerSteps: 0,
        }
        for (const step of [0, 1, 2]) {
          const report = updated(await only(learner.update(of, ppoClip())))
          const trained = await trainedByHand(expected.parameters)
          const stepped = await adamwByHand(expected, trained)
          const part = (prefix: string) => new Map([...shapes.keys()].map((name) => [name, stepped[prefix + name]!]))
          expected = {
            parameters: part('parameter.'),
            firstMoments: part('first.'),
            secondMoments: part('second.'),
            optimizerSteps: step + 1,
          }
          expectSameState(await snapshotOf(learner), expected, 1e-4)
          const value = (name: string) => trained[name]!.data[0]!
          expect(report).toMatchObject({ version: step + 1, optimizerSteps: 1, learningRate: learningRate(step) })
          expect(report.loss).toBeCloseTo(value('loss'), 4)
          expect(report.gradientNorm).toBeCloseTo(stepped['norm']!.data[0]!, 3)
          expect(report.gradientNorm).toBeGreaterThan(adamw.maxNorm)
          expect(report.clipFraction).toBeCloseTo((value('clippedLow') + value('clippedHigh')) / tokens, 6)
          expect(report.clipFraction).toBeGreaterThan(0)
          expect(report.kl).toBeCloseTo(value('kl') / tokens, 4)
          expect(report.ratio.max).toBeCloseTo(value('maxRatio'), 3)
          expect(report.ratio.min).toBeCloseTo(-value('negatedMinRatio'), 4)
        }
      },
      options,
    )
  })
})

describe('the ratio', () => {
  it('is 1 if the policy that was scored trains', async () => {
    await withModel(engine, async ({ learner }) => {
      const { ratio, kl, clipFraction } = updated(await only(learner.update(scored, ppoClip())))
      expect(ratio.min).toBeCloseTo(1, 4)
      expect(ratio.max).toBeCloseTo(1, 4)
      expect(kl).toBeCloseTo(0, 6)
      expect(clipFraction).toBe(0)
    })
  })

  it('is relative to the log-probabilities of the scores', async () => {
    await withModel(engine, async ({ learner }) => {
      const { ratio, kl } = updated(
        await only(
          learner.update(
            shifted(() => -Math.LN2),
            ppoClip(),
          ),
        ),
      )
      expect(ratio.min).toBeCloseTo(2, 3)
      expect(ratio.max).toBeCloseTo(2, 3)
      expect(kl).toBeCloseTo(1 - Math.LN2, 4)
    })
  })

  it('differs from 1 from the second minibatch on', async () => {
    await withModel(
      engine,
      async ({ learner }) => {
        const { optimizerSteps, ratio } = updated(await only(learner.update(scored, ppoClip({ minibatches: 2 }))))
        expect(optimizerSteps).toBe(2)
        expect(Math.max(ratio.max - 1, 1 - ratio.min)).toBeGreaterThan(1e-2)
      },
      options,
    )
  })
})

describe('minibatches', () => {
  const part = (members: readonly number[]): FilteredBatch => ({
    ...scored,
    accepted_B: scored.accepted_B.map((_, b) => members.includes(b)),
  })

  it('are optimiser steps over parts of the batch, shuffled by seed and step', async () => {
    const [seed, order] = [11, shuffle([...Array(B).keys()], 11, batch.step)]
    const after = (batches: readonly FilteredBatch[], minibatches: number) =>
      withModel(
        engine,
        async ({ learner }) => {
          const reports: ReturnType<typeof updated>[] = []
          for (const each of batches) reports.push(updated(await only(learner.update(each, ppoClip({ minibatches })))))
          return { reports, state: await snapshotOf(learner) }
        },
        { ...options, seed },
      )
    const whole = await after([scored], 3)
    const parts = await after([order.slice(0, 3), order.slice(3, 6), order.slice(6)].map(part), 1)
    expectSameState(whole.state, withoutVersion(parts.state), 2e-5)
    expect([whole.state.version, parts.state.version]).toEqual([1, 3])

    const [report] = whole.reports
    const mean = (key: 'loss' | 'gradientNorm') => parts.reports.reduce((sum, each) => sum + each[key], 0) / 3
    expect(report).toMatchObject({ version: 1, optimizerSteps: 3, learningRate: learningRate(0) })
    expect(report!.loss).toBeCloseTo(mean('loss'), 4)
    expect(report!.gradientNorm).toBeCloseTo(mean('gradientNorm'), 4)
    expect(report!.ratio.max).toBeCloseTo(Math.max(...parts.reports.map(({ ratio }) => ratio.max)), 4)
    expect(report!.ratio.min).toBeCloseTo(Math.min(...parts.reports.map(({ ratio }) => ratio.min)), 4)
  })

  it('are at most as many as the accepted responses', async () => {
    await withModel(engine, async ({ learner }) => {
      const report = updated(await only(learner.update(part([1, 4]), ppoClip({ minibatches: 5 }))))
      expect(report.optimizerSteps).toBe(2)
    })
  })

  it('take the learning rate of their optimiser step, counted across batches', async () => {
    await withModel(
      engine,
      async ({ learner }) => {
        const rates: number[] = []
        for (const minibatches of [3, 1, 2])
          rates.push(updated(await only(learner.update(scored, ppoClip({ minibatches })))).learningRate)
        expect(rates).toEqual([0, 3, 4].map(learningRate))
        expect((await snapshotOf(learner)).optimizerSteps).toBe(6)
      },
      options,
    )
  })
})

/** Replaces the advantage of one response. */
const withAdvantage = (b: number, advantage: number): FilteredBatch => ({
  ...scored,
  advantages_B: scored.advantages_B.with(b, advantage),
})
const undefinedLoss: Objective = {
  ...supervised(),
  loss: (given) => ({ ...supervised().loss(given), loss_BT: log(given.logprobs_BT) }),
}
const second = shuffle([...Array(B).keys()], 0, batch.step).at(-1)!

/** State after two updates, optionally with a failed attempt between them. */
const afterTwo = await withModel(
  engine,
  async ({ learner }) => {
    await only(learner.update(scored, ppoClip()))
    await only(learner.update(scored, ppoClip()))
    return snapshotOf(learner)
  },
  options,
)
const expectGoesOn = async (learner: Learner<TrainingState>) => {
  updated(await only(learner.update(scored, ppoClip())))
  expectSameState(await snapshotOf(learner), withoutVersion(afterTwo), 2e-5)
}

describe('an update without effect', () => {
  it.each([
    ['an advantage that is no number', withAdvantage(2, NaN), ppoClip()],
    ['an infinite advantage', withAdvantage(2, Infinity), ppoClip()],
    ['a logarithm of what is negative', scored, undefinedLoss],
    ['what breaks in the last of three minibatches', withAdvantage(second, NaN), ppoClip({ minibatches: 3 })],
  ])('%s is skipped, and nothing changes', async (_, refused, objective) => {
    await withModel(
      engine,
      async ({ policy, learner }) => {
        await only(learner.update(scored, ppoClip()))
        const [state, memory] = [await snapshotOf(learner), await engine.memory()]
        expect(await only(learner.update(refused, objective))).toEqual({
          status: 'skipped',
          version: 1,
          reason: 'non-finite-loss',
        })
        expect(await snapshotOf(learner)).toEqual(state)
        expect(await engine.memory()).toEqual(memory)
        expect(policy.version).toBe(1)
        await expectGoesOn(learner)
        expect(policy.version).toBe(2)
      },
      options,
    )
  })

  it.each([
    ['weights whose norm is not finite', scored, ppoClip(), 1e38],
    ['infinite weights', scored, ppoClip(), Infinity],
    ['weights that break in the second of two minibatches', scored, ppoClip({ minibatches: 2 }), 1e38],
  ])('%s are refused, and nothing changes', async (_, refused, objective, rate) => {
    let steps = 0
    // The first update is in order. Of the refused one, the last step breaks the weights.
    const breaking = (step: number) => (step === steps ? rate : learningRate(step))
    await withModel(
      engine,
      async ({ policy, learner }) => {
        steps = objective.minibatches
        await only(learner.update(scored, ppoClip()))
        const [state, memory] = [await snapshotOf(learner), await engine.memory()]
        expect(await only(learner.update(refused, objective))).toEqual({
          status: 'skipped',
          version: 1,
          reason: 'non-finite-weights',
        })
        expect(await snapshotOf(learner)).toEqual(state)
        expect(await engine.memory()).toEqual(memory)
        expect(policy.version).toBe(1)
        steps = -1
        await expectGoesOn(learner)
      },
      { ...options, learningRate: breaking },
    )
  })

  it.each([-1000, 1000])('a log ratio of %d at one token changes the weights by finite numbers', async (by) => {
    const extreme = shifted((i) => (i === 1 * batch.width ? by : 0))
    await withModel(
      engine,
      async ({ learner }) => {
        const report = updated(await only(learner.update(extreme, ppoClip())))
        expect([report.gradientNorm, report.loss, report.ratio.max].every(Number.isFinite)).toBe(true)
        const { parameters } = await snapshotOf(learner)
        for (const { data } of parameters.values()) expect(data.every(Number.isFinite)).toBe(true)
      },
      options,
    )
  })

  it.each([1, 2])('without accepted responses nothing changes, in %s minibatches', async (minibatches) => {
    const nothing = {
      ...scored,
      accepted_B: scored.accepted_B.map(() => false),
      mask_BT: scored.mask_BT.map(() => 0),
    }
    await withModel(
      engine,
      async ({ learner }) => {
        await only(learner.update(scored, ppoClip()))
        const [state, memory] = [await snapshotOf(learner), await engine.memory()]
        expect(await all(learner.update(nothing, ppoClip({ minibatches })))).toEqual([
          { status: 'skipped', version: 1, reason: 'nothing-accepted' },
        ])
        expect(await snapshotOf(learner)).toEqual(state)
        expect(await engine.memory()).toEqual(memory)
        await expectGoesOn(learner)
      },
      options,
    )
  })

  const objective = ppoClip({ minibatches: 2 })
  /** Two minibatches of two micro-batches each. */
  const runs = ['train', 'train', 'accumulate', 'adamw', 'train', 'train', 'accumulate', 'adamw']

  it('makes the runs that the next two specs assume', async () => {
    await withModel(
      engine,
      async ({ learner }) => {
        const before = engine.runs.length
        await only(learner.update(scored, objective))
        expect(engine.runs.slice(before).map((name) => name.split(' ')[0])).toEqual(runs)
      },
      options,
    )
  })

  it.each([...runs.entries()])('unsubscribed in run %i, %s, stops there and publishes nothing', async (run) => {
    await withModel(
      engine,
      async ({ policy, learner }) => {
        await only(learner.update(scored, ppoClip()))
        const [state, memory] = [await snapshotOf(learner), await engine.memory()]
        const [, ...after] = await runsAfterUnsubscribing(engine, run, learner.update(scored, objective))
        expect(after.filter((name) => !name.startsWith('accumulate'))).toEqual([])
        expect(policy.version).toBe(1)
        expect(await engine.memory()).toEqual(memory)
        expect(await snapshotOf(learner)).toEqual(state)
        await expectGoesOn(learner)
      },
      options,
    )
  })

  it.each([...runs.entries()])('failing in run %i, %s, frees everything', async (run) => {
    await withModel(
      engine,
      async ({ policy, learner }) => {
        await only(learner.update(scored, ppoClip()))
        const [state, memory] = [await snapshotOf(learner), await engine.memory()]
        await failAt(engine, run, () => learner.update(scored, objective))
        expect(policy.version).toBe(1)
        expect(await engine.memory()).toEqual(memory)
        expect(await snapshotOf(learner)).toEqual(state)
        await expectGoesOn(learner)
      },
      options,
    )
  })
})
