import { lastValueFrom, of, toArray } from 'rxjs'
import { afterAll, describe, expect, it } from 'vitest'
import { reinforce } from '#lib/advantage/reinforce.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { estimatorSwap } from '#lib/entropy/filter/estimator-swap.js'
import { predicted } from '#lib/entropy/filter/predicted.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import { localModel } from '#lib/policy/local/local-model.js'
import { initialPipelineState } from '#lib/control/pipeline-state.js'
import type { Batch } from '#lib/rollout/batch.js'
import type { RewardScale } from '#lib/rollout/reward.js'
import { trainingPipeline } from '#pipelines/training-pipeline.js'
import { type AlgorithmName, algorithms } from '#pipelines/algorithms/index.js'
import type { TrainingOptions } from '#pipelines/training-options.js'
import { aPrompt, fakeLearner, fixedVerifier, marblePolicy } from '#testing.js'
import { compilingOnce } from '../lib/policy/local/compiling-once.js'
import { checkpoint, promptOf, tokenizer } from '../lib/policy/local/tiny.js'
import { orThrow } from '#lib/or-throw.js'

const names = Object.keys(algorithms) as AlgorithmName[]
const sampling = { group: 4, maxTokens: 6, seed: 7 }
const options: TrainingOptions = { band: () => ({ low: 0.4, high: 0.6 }), sampling, demand: { prompts: 2 }, steps: 2 }
const verifier = fixedVerifier(({ tokens }) => (tokens.length === 2 ? 1 : -1))
const portsOf = (rewardScale: RewardScale = 'signed') => ({
  policy: marblePolicy(),
  learner: fakeLearner(),
  verifier,
  rewardScale,
  prompts: ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => aPrompt(id)),
})

describe('on a model', async () => {
  const engine = compilingOnce(await inWorker('onnx', { threads: 1 }))
  afterAll(() => engine.close())
  // A tiny model answers at random, so the parity of the first token makes some answers right and others wrong.
  const judge = fixedVerifier(({ tokens }) => (tokens[0]! % 2 === 0 ? 1 : -1))

  it.each(names.flatMap((name) => [false, true].map((band) => ({ name, band }))))(
    '$name trains, with the band filter: $band, and leaves no tensor on the engine',
    async ({ name, band }) => {
      const model = await orThrow(
        localModel({ engine, checkpoint, tokenizer, learningRate: constantRate(1e-2), microBatch: 8 }),
      )
      const ports = {
        ...portsOf(),
        ...model,
        verifier: judge,
        prompts: ['12', '345', '67', '8+9', '1', '2', '33', '4'].map(promptOf),
      }
      const run$ = algorithms[name].create(ports, { ...options, ...(band ? { filter: predicted() } : {}) })
      const reports = await lastValueFrom(run$.pipe(toArray()))
      await model.close()
      expect(reports).toHaveLength(2)
      for (const { outcome, diagnostics } of reports) {
        expect(outcome.status === 'updated' ? outcome.loss : outcome.reason).toSatisfy(
          (is: unknown) => Number.isFinite(is) || is === 'nothing-accepted' || is === 'zero-advantage',
        )
        expect(diagnostics.logLikelihood.all).toBeLessThan(0)
      }
      if (!band) expect(reports[0]!.outcome.status).toBe('updated')
      expect(await engine.memory()).toEqual({ tensors: 0, bytes: 0 })
    },
  )

  it('is held to the reference policy, by the loss or by the reward', async () => {
    const lossesOf = async (algorithm: object) => {
      const model = await orThrow(localModel({ engine, checkpoint, tokenizer, learningRate: constantRate(5e-2) }))
      const ports = { ...portsOf(), ...model, verifier: judge, prompts: ['12', '345', '67', '8+9'].map(promptOf) }
      const run$ = algorithms.grpo.create({ ...ports, reference: model.freeze() }, { ...options, algorithm })
      const reports = await lastValueFrom(run$.pipe(toArray()))
      await model.close()
      return reports.map(({ outcome, reward, diagnostics }) => ({
        loss: outcome.status === 'updated' ? outcome.loss : NaN,
        reward: reward.mean,
        kl: diagnostics.klToReference,
      }))
    }
    const [free, inLoss, inReward] = [
      await lossesOf({}),
      await lossesOf({ klCoefficient: 10 }),
      await lossesOf({ klCoefficient: 10, klIn: 'reward' }),
    ]
    // Before the first update the policy equals the reference.
    expect(inLoss[0]!.loss).toBeCloseTo(free[0]!.loss, 5)
    expect(inLoss[0]!.kl).toBeCloseTo(0, 6)
    expect(inLoss[1]!.kl!).toBeGreaterThan(1e-4)
    expect(inLoss[1]!.loss).toBeGreaterThan(free[1]!.loss + 1e-3)
    // With a reference the KL divergence is reported; before the first update there is no penalty.
    expect(free[1]!.kl).toBeCloseTo(inLoss[1]!.kl!, 6)
    expect(inReward[0]!.reward).toBeCloseTo(free[0]!.reward, 4)
    expect(Math.abs(inReward[1]!.reward - free[1]!.reward)).toBeGreaterThan(1e-3)
    expect(await engine.memory()).toEqual({ tensors: 0, bytes: 0 })
  })
})

describe('algorithms', () => {
  it.each(names)('%s tells before a model is loaded whether it fits binary rewards', (name) => {
    const problemOf = (check: () => unknown) => {
      try {
        check()
        return null
      } catch (error) {
        return error
      }
    }
    const problem = problemOf(() => algorithms[name].create(portsOf('binary'), options))
    expect(problemOf(() => algorithms[name].checkRewards('binary'))).toEqual(problem)
    expect(problemOf(() => algorithms[name].checkRewards('signed'))).toBeNull()
  })

  it('refuse an option that they do not read', () => {
    expect(() => algorithms.reinforce.create(portsOf(), { ...options, algorithm: { clipLow: 0.1 } })).toThrow(
      'algorithm.clipLow: found an option that this algorithm does not read, expected one of minibatches, aggregation, norm',
    )
  })

  it('refuse a KL estimator that does not fit its place, unless any form is accepted', () => {
    const create = (algorithm: object) => () =>
      algorithms.grpo.create({ ...portsOf(), reference: marblePolicy() }, { ...options, algorithm })
    const inReward = { klCoefficient: 0.1, klIn: 'reward' }
    expect(create({ ...inReward, klForm: 'k3' })).toThrow(
      'klForm: found k3 in the reward, where it can push the policy',
    )
    expect(create({ ...inReward, klForm: 'k2' })).toThrow('klForm: found k2 in the reward')
    expect(create({ klCoefficient: 0.1, klForm: 'k1' })).toThrow('klForm: found k1 in the loss')
    for (const algorithm of [inReward, { klCoefficient: 0.1 }, { ...inReward, klForm: 'k3', klAnyForm: true }])
      expect(create(algorithm)).not.toThrow()
  })

  it('subtract k1 from the reward, and add k3 to the loss, by default', async () => {
    const half = marblePolicy({
      score: (scores) => of({ ...scores, logprobs_BT: scores.logprobs_BT.map((l) => l - 0.5) }),
    })
    const run$ = (algorithm: object) =>
      algorithms.grpo.create({ ...portsOf(), reference: half }, { ...options, algorithm })
    const [[free], [inReward]] = [
      await lastValueFrom(run$({}).pipe(toArray())),
      await lastValueFrom(run$({ klCoefficient: 0.25, klIn: 'reward' }).pipe(toArray())),
    ]
    // Completions of 1 to 4 tokens; k1 is 0.5 at each token.
    expect(free!.reward.mean - inReward!.reward.mean).toBeCloseTo(0.25 * 0.5 * 2.5, 6)
  })

  it('score policy and reference at the sampling temperature, or at the score temperature', () => {
    const temperaturesOf = (but: Partial<TrainingOptions>) => {
      const seen: (number | undefined)[] = []
      const watched = () => {
        const policy = marblePolicy()
        return {
          ...policy,
          score: (batch: Batch, temperature?: number) => {
            seen.push(temperature)
            return policy.score(batch, temperature)
          },
        }
      }
      const ports = { ...portsOf(), policy: watched(), reference: watched() }
      const run = { ...options, ...but, steps: 1, algorithm: { klCoefficient: 0.1, klIn: 'reward' } } as const
      algorithms.grpo.create(ports, run as TrainingOptions).subscribe()
      expect(seen).toHaveLength(4)
      return new Set(seen)
    }
    expect(temperaturesOf({})).toEqual(new Set([1]))
    expect(temperaturesOf({ sampling: { ...sampling, temperature: 0.5 } })).toEqual(new Set([0.5]))
    expect(temperaturesOf({ sampling: { ...sampling, temperature: 0.5 }, scoreTemperature: 1 })).toEqual(new Set([1]))
  })

  it.each([0, -1, Number.NaN, Infinity])('refuse the score temperature %d', (scoreTemperature) => {
    expect(() => algorithms.grpo.create(portsOf(), { ...options, scoreTemperature })).toThrow(
      new RangeError(`scoreTemperature: found ${scoreTemperature}, expected a number > 0`),
    )
  })

  it('refuse a mismatch correction of two temperatures', () => {
    const create = (temperature: number, scoreTemperature: number) => () =>
      algorithms.grpo.create(portsOf(), {
        ...options,
        sampling: { ...sampling, temperature },
        scoreTemperature,
        algorithm: { mismatch: 'truncate' },
      })
    expect(create(0.5, 1)).toThrow('mismatch correction: found score temperature 1 and sampling temperature 0.5')
    expect(create(0.5, 0.5)).not.toThrow()
  })

  it('train on the tokens of highest entropy, inside the KL term', () => {
    const ports = { ...portsOf(), reference: marblePolicy() }
    const algorithm = { topEntropyQuantile: 0.2, klCoefficient: 0.1 }
    algorithms['kl-cov'].create(ports, { ...options, algorithm }).subscribe()
    expect(ports.learner.objectives[0]).toMatchObject({ name: 'kl-cov', needsReference: true })
    expect(ports.learner.objectives[0]!.kept).toBeTypeOf('function')
    expect(ports.learner.objectives[0]!.marks).toBeTypeOf('function')
  })

  it.each(['constructor', 'toString', '__proto__'])('refuse an option that every object has: %s', (name) => {
    const algorithm = Object.fromEntries([[name, 1]])
    expect(() => algorithms.reinforce.create(portsOf(), { ...options, algorithm })).toThrow(
      `algorithm.${name}: found an option that this algorithm does not read`,
    )
  })

  it('pass their options to the objective', () => {
    const trained = (name: AlgorithmName, algorithm = {}) => {
      const ports = portsOf()
      algorithms[name].create(ports, { ...options, algorithm }).subscribe()
      return ports.learner.objectives[0]!
    }
    expect(trained('clip-higher')).toMatchObject({ minibatches: 4, scalars: { clipLow: 0.2, clipHigh: 0.28 } })
    expect(trained('clip-higher', { clipHigh: 0.5, minibatches: 2 })).toMatchObject({
      minibatches: 2,
      scalars: { clipHigh: 0.5 },
    })
    expect(trained('entropy-loss').scalars).toMatchObject({ entropyCoefficient: 0.003 })
    // The default divisor is the maximum completion length.
    const weightOf = (norm?: number) => {
      const { aggregation } = trained('dr-grpo', norm === undefined ? {} : { norm })
      return aggregation({ rows: [0] } as never)(0)
    }
    expect([weightOf(), weightOf(2)]).toEqual([1 / 6, 1 / 2])
  })

  it.each(['raft++', 'psr', 'nsr', 'w-reinforce'] as const)('%s refuses binary rewards', (name) => {
    expect(() => algorithms[name].create(portsOf('binary'), options)).toThrow(
      `estimator ${name} splits responses by the sign of their reward: found binary rewards (0 and 1), expected signed ones`,
    )
  })

  it('refuse binary rewards when the controller or the filter needs signed ones', () => {
    const create = (name: AlgorithmName, but = {}) => algorithms[name].create(portsOf('binary'), { ...options, ...but })
    expect(() => create('entropic')).toThrow('controller entropic splits responses by the sign')
    expect(() => create('grpo', { filter: estimatorSwap() })).toThrow('filter estimator-swap splits responses')
    expect(() => create('grpo')).not.toThrow()
  })

  it.each([
    ['loss', /^objective .+: found no reference policy, expected the port `reference`/],
    ['reward', /^KL penalty in the reward: found no reference policy, expected the port `reference`/],
  ] as const)('refuse a KL penalty without a reference policy: in the %s', (klIn, message) => {
    const create = () => algorithms.grpo.create(portsOf(), { ...options, algorithm: { klCoefficient: 1e-3, klIn } })
    expect(create).toThrow(message)
  })

  it('report the memory of their controller, and resume from it', async () => {
    const run = (controllerMemory: { readonly zeta: number } | null = null) =>
      lastValueFrom(
        algorithms['repo-r']
          .create(portsOf(), { ...options, resumeFrom: { ...initialPipelineState, controllerMemory } })
          .pipe(toArray()),
      )
    // Entropy is at its target of 0.5, so zeta does not change.
    expect((await run()).map(({ controlled }) => controlled)).toEqual(
      [0, 1].map(() => ({ controller: 'repo-r', memory: { zeta: 1e-3 }, scalars: { zeta: 1e-3 } })),
    )
    expect((await run({ zeta: 0.25 }))[1]!.controlled?.memory).toEqual({ zeta: 0.25 })
  })

  it('apply the length penalty and dynamic sampling of their options', async () => {
    // Completions of more than 4 tokens get a length penalty.
    const algorithm = { overlongBuffer: 2, overlongPenalty: 0.5, samplingRounds: 2 }
    const all = { ...portsOf(), verifier: fixedVerifier(() => 1) }
    const reports = await lastValueFrom(
      algorithms.grpo.create(all, { ...options, steps: 1, algorithm }).pipe(toArray()),
    )
    expect(reports).toMatchObject([{ zeroVarianceGroups: 2, discardedGroups: 2, reward: { mean: 1 } }])
    const long = { ...sampling, group: 6 }
    const penalised = algorithms.grpo.create(all, { ...options, sampling: long, steps: 1, algorithm })
    expect((await lastValueFrom(penalised)).reward.mean).toBeCloseTo(1 - (0.25 + 0.5) / 6, 6)
  })
})

describe('trainingPipeline', () => {
  it('accepts every response when no filter is given', async () => {
    const own = trainingPipeline({
      estimator: reinforce(),
      objective: {
        name: 'own',
        aggregation: () => () => 1,
        minibatches: 1,
        loss: ({ logprobs_BT }) => ({ loss_BT: logprobs_BT }),
      },
    })
    const ports = portsOf()
    const report = await lastValueFrom(own(ports, { ...options, band: of({ low: 0, high: 1 }), steps: 1 }))
    expect(report).toMatchObject({ accepted: { positive: 2, zero: 0, negative: 6 }, controlled: null })
    expect(ports.learner.objectives[0]!.name).toBe('own')
  })
})
