import { from } from 'rxjs'
import { afterAll, describe, expect, it } from 'vitest'
import type { TrainingState } from '#lib/checkpoint/training-state.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { type ObjectiveEntry, objectives } from '#lib/objective/index.js'
import { batchUse, type Objective } from '#lib/objective/objective.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { reinforceLoss } from '#lib/objective/reinforce.js'
import { withEntropyBonus } from '#lib/objective/with-entropy-bonus.js'
import { withKl } from '#lib/objective/with-kl.js'
import { exp, log, mul, neg, sub } from '#lib/compute/operation/index.js'
import { orThrow } from '#lib/or-throw.js'
import type { UpdateReport } from '#lib/policy/learner.js'
import type { Averaging } from '#lib/remote/tinker/averaging.js'
import { nativeLossOf } from '#lib/remote/tinker/native-loss.js'
import type { FilteredBatch } from '#lib/rollout/batch.js'
import { compilingOnce } from '../../policy/local/compiling-once.js'
import { aBatchOf, accepted, all, only, snapshotOf, withModel } from '../../policy/local/tiny.js'
import { baseWith, type DoubleOptions, type Processed, startDouble } from './double.js'
import { adamw, learningRate, means, openOn, serviceOn, sums } from './with-service.js'

const openEngine = async () => compilingOnce(await inWorker('onnx', { threads: 1 }))
const [engine, own] = [await openEngine(), await openEngine()]
afterAll(() => Promise.all([engine.close(), own.close()]))
const withService = serviceOn(engine, own)

const batch = aBatchOf([5, 1, 9, 3, 12, 2, 7])

/** The batch as both learners get it: scored by older weights, so that ratios are clipped and none is 1. */
const scored = await withModel(
  engine,
  async ({ policy }): Promise<FilteredBatch> => {
    const { version, logprobs_BT } = await only(policy.score(batch))
    const shifted = logprobs_BT.map((logprob, i) => Math.max(-18, Math.min(0, logprob + 0.25 * Math.sin(i))))
    return {
      ...accepted(batch, { version, method: 'sampled', logprobs_BT: shifted, entropy_BT: shifted.map((x) => -x) }),
      referenceLogprobs_BT: logprobs_BT,
    }
  },
  { checkpoint: baseWith(3) },
)

/** Reports and state of a local learner after two updates. */
const locally = (objective: Objective, maxNorm = Infinity) =>
  withModel(
    engine,
    async ({ learner }) => {
      const reports = [await only(learner.update(scored, objective)), await only(learner.update(scored, objective))]
      return { reports, state: await snapshotOf(learner) }
    },
    { checkpoint: baseWith(3), adamw: { ...adamw, maxNorm }, learningRate, seed: 3 },
  )

const expectSameParameters = (found: TrainingState, expected: TrainingState, tolerance: number) => {
  for (const [name, { data }] of expected.parameters) {
    const norm = Math.hypot(...data)
    const distance = Math.hypot(...data.map((x, i) => x - found.parameters.get(name)!.data[i]!))
    expect(distance / Math.max(norm, 1e-3), name).toBeLessThan(tolerance)
  }
}

const expectNear = (found: number, expected: number, name: string) =>
  expect(Math.abs(found - expected), `${name}: ${found} is near ${expected}`).toBeLessThan(
    1e-4 * Math.max(1, Math.abs(expected)),
  )

const expectSameReport = (found: UpdateReport, expected: UpdateReport) => {
  if (found.status !== 'updated' || expected.status !== 'updated') throw new Error('an update was skipped')
  const numbersOf = ({ ratio, ...rest }: typeof found) => ({ ...rest, min: ratio.min, max: ratio.max })
  const numbers = numbersOf(expected)
  for (const [name, value] of Object.entries(numbersOf(found)))
    if (typeof value === 'number') expectNear(value, numbers[name as keyof typeof numbers] as number, name)
}

const sampledObjectives: Readonly<Record<string, Objective>> = {
  ...Object.fromEntries(
    Object.entries<ObjectiveEntry>(objectives)
      .map(([name, { create }]) => [name, create({ minibatches: 3 })] as const)
      .filter(([, { needsDistribution }]) => needsDistribution === undefined),
  ),
  'ppo-clip with a KL penalty': withKl(ppoClip({ minibatches: 2 }), { klCoefficient: 0.5 }),
  'mean of sequences': ppoClip({ aggregation: 'seq-mean-token-mean', minibatches: 2 }),
}

describe('a learner on a service', () => {
  describe.each([
    ['sums', sums],
    ['means', means],
  ])('that takes %s', (_, averaging) => {
    it.each(Object.entries(sampledObjectives))('trains as a local learner: %s', async (_, objective) => {
      const expected = await locally(objective)
      const found = await withService(
        async ({ learner }, double) => {
          const reports = [await only(learner.update(scored, objective)), await only(learner.update(scored, objective))]
          return { reports, state: await double.state() }
        },
        { averaging, hasNorms: true },
        { sequences: 4 },
      )
      found.reports.forEach((report, i) => expectSameReport(report, expected.reports[i]!))
      expectSameParameters(found.state, expected.state, 2e-4)
    })
  })

  describe.each([
    ['sums', sums],
    ['means', means],
  ])('that takes %s, and has the loss of the objective', (_, averaging) => {
    /** Reports and state after two updates, and the losses of the passes of both. */
    const trained = (objective: Objective, options: Partial<DoubleOptions>) =>
      withService(
        async ({ learner }, double) => {
          const reports = [await only(learner.update(scored, objective)), await only(learner.update(scored, objective))]
          const ofModel = double.processed.filter(({ body }) => body.model_id === 'model_1')
          const forwards = ofModel.filter(({ route }) => route === 'forward').length
          return { reports, state: await double.state(), losses: lossesOf(ofModel), forwards }
        },
        { averaging, hasNorms: true, ...options },
        { sequences: 4 },
      )
    /** Loss of the passes of each optimiser step. */
    const lossesOf = (processed: readonly Processed[]): readonly string[] =>
      processed.flatMap(({ route }, i) => {
        const before = processed[i - 1]?.body['forward_backward_input'] as { readonly loss_fn: string } | undefined
        return route === 'optim_step' ? [before!.loss_fn] : []
      })
    const importance: Objective = {
      name: 'importance',
      ...batchUse({ minibatches: 3, aggregation: 'seq-mean-token-mean' }),
      loss: ({ logprobs_BT, oldLogprobs_BT, advantages_BT }) => ({
        loss_BT: neg(mul(advantages_BT, exp(sub(logprobs_BT, oldLogprobs_BT)))),
      }),
    }
    const carrier = averaging.tokens === 'sum' ? 'cross_entropy' : 'importance_sampling'

    it.each([
      ['ppo', ppoClip({ dualClip: null, minibatches: 3 })],
      ['importance_sampling', importance],
    ] as const)('lets the service compute it, with the same gradient: %s', async (loss, objective) => {
      const native = await trained(objective, {})
      const general = await trained(withKl(objective, { klCoefficient: 0 }), {})
      const expected = await locally(objective)
      expect(native.losses).toEqual([carrier, loss, loss, carrier, loss, loss])
      expect(general.losses).toEqual(new Array(6).fill(carrier))
      // A minibatch has at most four sequences, so each pass is one request.
      expect(general.forwards - native.forwards).toBe(4)
      native.reports.forEach((report, i) => expectSameReport(report, expected.reports[i]!))
      expectSameParameters(native.state, general.state, 2e-5)
      expectSameParameters(native.state, expected.state, 2e-4)
    })

    it.each([
      ['has no such loss', { ppoClip: null }],
      ['clips elsewhere', { ppoClip: 0.28 }],
    ] as const)('sends weights of tokens to a service that %s', async (_, options) => {
      const { losses } = await trained(ppoClip({ dualClip: null, minibatches: 3 }), options)
      expect(losses).toEqual(new Array(6).fill(carrier))
    })
  })

  it('is the loss of a service only if its program is the same, to the last number', () => {
    const same = ppoClip({ dualClip: null })
    expect(nativeLossOf(same, scored)).toBe('ppo')
    expect(nativeLossOf({ ...same, name: 'own', ...batchUse({ aggregation: 'token-sum' }) }, scored)).toBe('ppo')
    const others: readonly Objective[] = [
      ...[ppoClip(), ppoClip({ dualClip: null, clipHigh: 0.28 }), reinforceLoss(), objectives.cispo.create()],
      ...[withKl(same), withEntropyBonus(same, 0.1), objectives['clip-cov'].create()],
    ]
    for (const other of others) expect(nativeLossOf(other, scored), other.name).toBe(null)
    const controlled = { ...scored, controlled: { controller: 'own', memory: {}, scalars: { clipHigh: 0.3 } } }
    expect(nativeLossOf(same, controlled)).toBe(null)
    const rare = { ...scored, scores: { ...scored.scores, logprobs_BT: scored.scores.logprobs_BT.map(() => -21) } }
    expect(nativeLossOf(same, rare)).toBe(null)
  })

  describe('with gradient clipping', () => {
    const adamwOf = (maxNorm: number) => ({ ...adamw, maxNorm })

    it('trains as a local learner if the service clips', async () => {
      const expected = await locally(ppoClip({ minibatches: 2 }), 0.01)
      await withService(
        async ({ learner }, double) => {
          await only(learner.update(scored, ppoClip({ minibatches: 2 })))
          await only(learner.update(scored, ppoClip({ minibatches: 2 })))
          expectSameParameters(await double.state(), expected.state, 2e-4)
        },
        { averaging: means, clips: true },
        { adamw: adamwOf(0.01) },
      )
    })

    it('is refused by name if the service does not, before a model is left on it', async () => {
      const double = await startDouble({ engine, averaging: means })
      const { open, close } = openOn(double, own)
      await expect(open({ adamw: adamwOf(1) })).rejects.toThrow(
        /: gradient clipping: found optimiser steps that are not clipped .*--gradient-clip none/,
      )
      expect(double.models()).toBe(0)
      await close()
      await double.close()
    })
  })

  it('finds out how the service averages', async () => {
    const tables: readonly Averaging[] = [
      sums,
      means,
      { tokens: 'sum', data: 'mean' },
      { tokens: 'weighted-mean', data: 'sum' },
    ]
    for (const averaging of tables)
      await withService(
        (service, double) => {
          expect(service.averaging).toEqual(averaging)
          // The model of the measurement is unloaded.
          expect(double.models()).toBe(1)
          return Promise.resolve()
        },
        { averaging },
        { averaging: null },
      )
  })

  it('refuses objectives that read a distribution, by name and before any request', async () => {
    await withService(async ({ learner }, double) => {
      const before = double.processed.length
      const bonus = { ...withEntropyBonus(ppoClip(), 0.1), name: 'own bonus' }
      const undeclared = { ...bonus }
      delete undeclared.needsDistribution
      for (const objective of [bonus, undeclared, objectives['clip-v'].create()])
        await expect(all(learner.update(scored, objective))).rejects.toMatchObject({
          _tag: 'BadAlgorithm',
          message: expect.stringContaining(`objective ${objective.name}`) as string,
        })
      expect(double.processed.length).toBe(before)
    })
  })

  it('skips a batch that has nothing to train on, and a loss that is not finite, without a step', async () => {
    await withService(async ({ learner }, double) => {
      const none = { ...scored, accepted_B: scored.accepted_B.map(() => false) }
      const zero = { ...scored, advantages_B: scored.advantages_B.map(() => 0) }
      const undefinedLoss: Objective = {
        ...reinforceLoss(),
        loss: ({ logprobs_BT }) => ({ loss_BT: log(logprobs_BT) }),
      }
      expect(await only(learner.update(none, ppoClip()))).toMatchObject({ reason: 'nothing-accepted', version: 0 })
      expect(await only(learner.update(zero, ppoClip()))).toMatchObject({ reason: 'zero-advantage', version: 0 })
      expect(await only(learner.update(scored, undefinedLoss))).toMatchObject({ reason: 'non-finite-loss', version: 0 })
      const routes = double.processed.map(({ route }) => route)
      expect(routes.filter((route) => route === 'forward_backward' || route === 'optim_step')).toEqual([])
    })
  })

  it('goes on from a snapshot as if it had not stopped', async () => {
    const double = await startDouble({ engine, averaging: means })
    const { open, close } = openOn(double, own)
    const first = await open()
    await only(first.learner.update(scored, ppoClip({ minibatches: 2 })))
    const state = await orThrow(first.learner.snapshot())
    expect(state).toMatchObject({ version: 1, optimizerSteps: 2 })
    await only(first.learner.update(scored, ppoClip()))
    const expected = await double.state()
    await first.close()
    const second = await open({ state })
    expect(second.policy.version).toBe(1)
    const report = await only(second.learner.update(scored, ppoClip()))
    expect(report).toMatchObject({ status: 'updated', version: 2, learningRate: learningRate(2) })
    expectSameParameters(await double.state(), expected, 1e-5)
    await second.close()
    await close()
    await double.close()
  })

  it('makes a step that it has begun, and no further one, when it is unsubscribed', async () => {
    await withService(async ({ learner }, double) => {
      expect(learner.finishesUpdates).toBe(true)
      const events: unknown[] = []
      const update$ = from(learner.update(scored, ppoClip({ minibatches: 3 })))
      const record = (event: unknown) => events.push(event)
      const running = update$.subscribe({ next: record, error: record })
      await until(() => double.processed.some(({ route }) => route === 'forward_backward'))
      running.unsubscribe()
      const report = await only(
        learner.update({ ...scored, accepted_B: scored.accepted_B.map(() => false) }, ppoClip()),
      )
      expect(events).toEqual([])
      const steps = double.processed.filter(({ route }) => route === 'optim_step').length
      expect(steps).toBe(1)
      expect(report).toMatchObject({ status: 'skipped', version: 1 })
    })
  })
})

/** Waits until a condition holds; a hang fails by the time limit of the spec. */
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((next) => setTimeout(next, 1))
}
