import { fc, test } from '@fast-check/vitest'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TrainingState } from '#lib/checkpoint/training-state.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { clipCov } from '#lib/objective/clip-cov.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { adamwDefaults } from '#lib/optimizer/adamw.js'
import type { LocalModel, LocalModelOptions } from '#lib/policy/local/local-model.js'
import type { Replica } from '#lib/policy/local/replica.js'
import { runOnReplicas } from '#lib/policy/local/run-on-replicas.js'
import type { RolloutGroup } from '#lib/rollout/rollout-group.js'
import { compilingOnce } from './compiling-once.js'
import { expectClose, expectRelative } from '../../compute/reference/close.js'
import {
  aBatchOf,
  accepted,
  all,
  broken,
  checkpoint,
  failAt,
  inOrder,
  memoryOf,
  only,
  promptsOf,
  rewarded,
  runsAfterUnsubscribing,
  sampling,
  snapshotOf,
  watched,
  type WatchedEngine,
  withModel,
  expectCloseScores,
} from './tiny.js'

const open = async () => watched(compilingOnce(await inWorker('onnx', { threads: 1 })))
const engines = [await open(), await open(), await open()] as const
afterAll(() => Promise.all(engines.map((engine) => engine.close())))

/** Runs the body with a tiny model on `count` engines. */
const on = <A>(count: number, body: (model: LocalModel) => Promise<A>, options: Partial<LocalModelOptions> = {}) =>
  withModel(engines[0], body, { replicas: engines.slice(1, count), ...options })

const counts = [2, 3] as const
const batch = aBatchOf([5, 1, 9, 3, 12, 2, 7])
const B = batch.responses.length
const scores = await on(1, ({ policy }) => only(policy.score(batch)))
/** Scores that differ from the policy's, so that some ratios are clipped and none is 1. */
const scored = accepted(batch, { ...scores, logprobs_BT: scores.logprobs_BT.map((x, i) => x + 0.25 * Math.sin(i)) })
const texts = ['1+', '23+45', '6', '7890+12', '3']

/** Returns the kinds of the programs that ran on each engine during the work. */
const runsDuring = async (work: () => Promise<unknown>): Promise<string[][]> => {
  const before = engines.map(({ runs }) => runs.length)
  await work()
  return engines.map(({ runs }, e) => runs.slice(before[e]).map((name) => name.split(' ')[0]!))
}

const expectSameState = (found: TrainingState, expected: TrainingState, tolerance: number) => {
  expect([found.version, found.optimizerSteps]).toEqual([expected.version, expected.optimizerSteps])
  for (const part of ['parameters', 'firstMoments', 'secondMoments'] as const)
    for (const [name, { data }] of expected[part]) expectRelative(found[part].get(name)!.data, data, tolerance)
}

describe('scores', () => {
  test.prop([fc.integer({ min: 2, max: 3 }), fc.integer({ min: 1, max: 9 })], { numRuns: 8 })(
    'are the same on any number of engines',
    async (count, microBatch) => {
      const found = await on(count, ({ policy }) => only(policy.score(batch)), { microBatch })
      expectCloseScores(found, scores, 1e-6)
    },
  )

  it('are computed in one part per engine', async () => {
    for (const count of counts) {
      const runs = await runsDuring(() => on(count, ({ policy }) => only(policy.score(batch))))
      expect(runs).toEqual(engines.map((_, e) => (e < count ? ['score'] : [])))
    }
  })

  it('leave out engines without responses', async () => {
    const runs = await runsDuring(() => on(3, ({ policy }) => only(policy.score(aBatchOf([4])))))
    expect(runs).toEqual([['score'], [], []])
  })
})

describe('the gradient', () => {
  // With these settings the first moments after one step are the gradient: no averaging, no clipping.
  const adamw = { beta1: 0, maxNorm: 1e9 }
  const objective = ppoClip()
  const trained = (count: number, rows: readonly number[], microBatch: number) => {
    const chosen = {
      ...scored,
      accepted_B: scored.accepted_B.map((_, b) => rows.includes(b)),
      mask_BT: scored.mask_BT.map((m, i) => (rows.includes(Math.floor(i / scored.width)) ? m : 0)),
    }
    return on(
      count,
      async ({ learner }) => ({
        report: await only(learner.update(chosen, objective)),
        state: await snapshotOf(learner),
      }),
      { microBatch, adamw },
    )
  }
  const anyRows = fc.uniqueArray(fc.nat(B - 1), { minLength: 1, maxLength: B })

  test.prop([fc.integer({ min: 2, max: 3 }), anyRows, fc.integer({ min: 1, max: 9 })], { numRuns: 10 })(
    'is the same on any number of engines, and so is the report',
    async (count, rows, microBatch) => {
      const [found, alone] = [await trained(count, rows, microBatch), await trained(1, rows, microBatch)]
      // Shapes and the order of sums change the rounding. The error is larger where responses cancel each other.
      for (const [name, { data }] of alone.state.firstMoments)
        expectRelative(found.state.firstMoments.get(name)!.data, data, 1e-5)
      if (found.report.status !== 'updated' || alone.report.status !== 'updated') throw new Error('skipped')
      for (const key of ['loss', 'gradientNorm', 'clipFraction', 'kl', 'markedFraction'] as const)
        expect(found.report[key]).toBeCloseTo(alone.report[key], 5)
      expect(found.report.ratio.max).toBeCloseTo(alone.report.ratio.max, 5)
      expect(found.report.ratio.min).toBeCloseTo(alone.report.ratio.min, 5)
    },
  )

  it('is summed on each engine, then on the first, which makes the step', async () => {
    const rows = [...batch.responses.keys()]
    const [first, second, third] = await runsDuring(() => trained(3, rows, 1))
    // Seven pieces, distributed forwards and backwards: 0 1 2 2 1 0 0.
    const own = ['train', 'train', 'accumulate', 'train', 'accumulate']
    expect(first).toEqual([...own, 'accumulate', 'accumulate', 'adamw'])
    expect([second, third]).toEqual([
      ['train', 'train', 'accumulate'],
      ['train', 'train', 'accumulate'],
    ])
  })

  it('is identical in each run, whichever engine ends first', async () => {
    const rows = [...batch.responses.keys()]
    const once = await trained(3, rows, 2)
    const late = () => new Promise<void>((resolve) => setTimeout(resolve, 20))
    for (const slow of engines) {
      const upload = slow.upload.bind(slow)
      const spy = vi.spyOn(slow, 'upload').mockImplementation((tensor) => late().then(() => upload(tensor)))
      expect(await trained(3, rows, 2)).toEqual(once)
      spy.mockRestore()
    }
  })
})

describe('updates', () => {
  /** State after several updates, whose minibatches are scored again before they train. */
  const afterThree = (count: number) =>
    on(
      count,
      async ({ learner }) => {
        for (let n = 0; n < 3; n++) await only(learner.update(scored, objective))
        return snapshotOf(learner)
      },
      // With a large epsilon AdamW does not amplify gradients that are only rounding errors.
      { microBatch: 2, adamw: { ...adamwDefaults, epsilon: 1e-3 } },
    )
  const objective = clipCov({ minibatches: 2 })

  it('are the same on any number of engines', async () => {
    const alone = await afterThree(1)
    expect(alone.optimizerSteps).toBe(6)
    for (const count of counts) expectSameState(await afterThree(count), alone, 1e-5)
  })
})

describe('samples', () => {
  const sampled = (count: number, options: Partial<LocalModelOptions> = {}, prompts = promptsOf(texts, 3)) =>
    on(count, ({ policy }) => all(policy.sample(prompts, sampling)), options).then(inOrder)

  it('are the same tokens on any number of engines', async () => {
    const alone = await sampled(1)
    for (const count of counts) {
      const groups = await sampled(count)
      expect(groups.map(({ index, step: batch, groups, prompt }) => [index, batch, groups, prompt.text])).toEqual(
        texts.map((text, index) => [index, 3, 5, text]),
      )
      groups.forEach(({ completions }, p) =>
        completions.forEach(({ tokens, logprobs_T, finish, version }, g) => {
          const expected = alone[p]!.completions[g]!
          expect([...tokens]).toEqual([...expected.tokens])
          expect([finish, version]).toEqual([expected.finish, 0])
          expectClose(logprobs_T, expected.logprobs_T, 1e-6)
        }),
      )
    }
  })

  it('are drawn by all engines, each for a part of the prompts', async () => {
    const runs = await runsDuring(() => sampled(3))
    expect(runs.map((kinds) => kinds.filter((kind) => kind === 'prefill'))).toEqual([
      ['prefill'],
      ['prefill'],
      ['prefill'],
    ])
  })

  it('keep their indices with an offset, and with fewer prompts than engines', async () => {
    const more = { ...promptsOf(['8', '9+']), offset: 5 }
    const [groups, alone] = [await sampled(3, {}, more), await sampled(1, {}, more)]
    expect(groups.map(({ index }) => index)).toEqual([5, 6])
    expect(groups.map(({ completions }) => completions.map(({ text }) => text))).toEqual(
      alone.map(({ completions }) => completions.map(({ text }) => text)),
    )
    expect(await sampled(3, {}, promptsOf([]))).toEqual([])
  })

  it('are not read again for scoring, whichever engine drew them', async () => {
    await on(3, async ({ policy }) => {
      const drawn = rewarded(inOrder(await all(policy.sample(promptsOf(texts), sampling))))
      expect(await runsDuring(() => only(policy.score(drawn)))).toEqual([[], [], []])
    })
  })

  it('may come from a quantized copy on each engine', async () => {
    const [groups, alone] = [await sampled(2, { rolloutWeights: 'int8' }), await sampled(1, { rolloutWeights: 'int8' })]
    expect(groups.map(({ completions }) => completions.length)).toEqual(
      alone.map(({ completions }) => completions.length),
    )
    const first = (some: readonly RolloutGroup[]) =>
      some.flatMap(({ completions }) => completions.map((c) => c.tokens[0]))
    // A value halfway between two quantization steps may be rounded either way, depending on the sequences decoded with it.
    const same = first(groups).filter((token, i) => token === first(alone)[i]).length
    expect(same / first(alone).length).toBeGreaterThan(0.9)
  })
})

describe('weights', () => {
  const TENSORS = checkpoint.weights.size
  /** Numbers of tensors on each engine, minus those before. */
  const held = async (before: Awaited<ReturnType<typeof memoryOf>>) =>
    (await memoryOf(engines)).map(({ tensors }, e) => tensors - before[e]!.tensors)

  it('are three sets on the first engine after an update, and one on each other engine after its first work', async () => {
    const before = await memoryOf(engines)
    await on(3, async ({ policy, learner }) => {
      expect(await held(before)).toEqual([TENSORS, 0, 0])
      await only(policy.score(batch))
      expect(await held(before)).toEqual([TENSORS, TENSORS, TENSORS])
      await only(learner.update(scored, ppoClip({ minibatches: 2 })))
      await all(policy.sample(promptsOf(texts), sampling))
      expect(await held(before)).toEqual([3 * TENSORS, TENSORS, TENSORS])
    })
  })

  it('are copied once per version for all readers', async () => {
    await on(2, async ({ policy, learner }) => {
      const upload = vi.spyOn(engines[1], 'upload')
      const step = async () => {
        const drawn = rewarded(inOrder(await all(policy.sample(promptsOf(texts), sampling))))
        const copied = drawn.responses.map((response) => ({ ...response, completion: { ...response.completion } }))
        await only(policy.score({ ...drawn, responses: copied }))
        await only(learner.update(accepted(drawn, await only(policy.score(drawn))), ppoClip()))
      }
      for (let n = 1; n <= 3; n++) {
        await step()
        expect(upload).toHaveBeenCalledTimes(n * TENSORS)
      }
      upload.mockRestore()
    })
  })

  it('of a frozen policy are copied once and give the same scores later', async () => {
    await on(2, async ({ policy, learner, freeze }) => {
      const frozen = freeze()
      const said = await only(frozen.score(batch))
      const upload = vi.spyOn(engines[1], 'upload')
      for (let n = 1; n <= 3; n++) {
        await only(learner.update(scored, ppoClip()))
        expect(await only(frozen.score(batch))).toEqual(said)
        expect((await only(policy.score(batch))).version).toBe(n)
      }
      // The initial version of each update except the first, and the version that is scored last.
      expect(upload).toHaveBeenCalledTimes(3 * TENSORS)
      upload.mockRestore()
    })
  })

  it('of a partial copy are freed when it fails, and copied again on the next call', async () => {
    await on(2, async ({ policy }) => {
      const before = await memoryOf(engines)
      const upload = engines[1].upload.bind(engines[1])
      let calls = 0
      const spy = vi
        .spyOn(engines[1], 'upload')
        .mockImplementation((tensor) => (++calls === 5 ? Promise.reject(broken) : upload(tensor)))
      await expect(all(policy.score(batch))).rejects.toBe(broken)
      expect(await memoryOf(engines)).toEqual(before)
      expectClose((await only(policy.score(batch))).logprobs_BT, scores.logprobs_BT, 1e-6)
      spy.mockRestore()
    })
  })

  it('do not take more memory with each step', async () => {
    const objective = ppoClip({ minibatches: 2 })
    await on(
      3,
      async ({ policy, learner }) => {
        const step = async () => {
          const drawn = rewarded(inOrder(await all(policy.sample(promptsOf(texts), sampling))))
          await only(learner.update(accepted(drawn, await only(policy.score(drawn))), objective))
        }
        // With a learning rate of 0 all steps have the same shapes. New shapes would compile programs, which take memory.
        await step()
        const before = await memoryOf(engines)
        for (let n = 0; n < 3; n++) await step()
        expect(policy.version).toBe(4)
        expect(await memoryOf(engines)).toEqual(before)
      },
      { learningRate: () => 0, microBatch: 3 },
    )
  })
})

describe('work that does not complete', () => {
  const options = { microBatch: 2, adamw: { ...adamwDefaults, epsilon: 1e-3 } }
  const objective = ppoClip({ minibatches: 2 })
  beforeEach(() => {
    for (const engine of engines) engine.watch(() => undefined)
  })

  const attempts = {
    scoring: ({ policy }: LocalModel) => policy.score(batch),
    sampling: ({ policy }: LocalModel) => policy.sample(promptsOf(texts), sampling),
    updating: ({ learner }: LocalModel) => learner.update(scored, objective),
  }

  /** Interrupts each run of the work on each engine, expects that nothing stays in memory and that the next work succeeds. */
  const afterEvery = (
    name: keyof typeof attempts,
    spoil: (engine: WatchedEngine, run: number, model: LocalModel) => Promise<unknown>,
  ) =>
    on(
      3,
      async (model) => {
        const runs = await runsDuring(() => all<unknown>(attempts[name](model)))
        const expected = await only(model.policy.score(batch))
        const [state, before] = [await snapshotOf(model.learner), await memoryOf(engines)]
        for (const [e, engine] of engines.entries()) {
          expect(runs[e]!.length).toBeGreaterThan(0)
          for (let run = 0; run < runs[e]!.length; run++) {
            await spoil(engine, run, model)
            engine.watch(() => undefined)
            expect(await memoryOf(engines)).toEqual(before)
          }
        }
        expect(await snapshotOf(model.learner)).toEqual(state)
        expect(await only(model.policy.score(batch))).toEqual(expected)
      },
      options,
    )

  it.each(Object.keys(attempts) as (keyof typeof attempts)[])(
    'unsubscribed while %s, leaves nothing on any engine',
    (name) =>
      afterEvery(name, (engine, run, model) => runsAfterUnsubscribing(engine, run, attempts[name](model), engines)),
  )

  it.each(Object.keys(attempts) as (keyof typeof attempts)[])(
    'failing while %s, leaves nothing on any engine',
    (name) => afterEvery(name, (engine, run, model) => failAt(engine, run, () => attempts[name](model), engines)),
  )
})

describe('pieces of work', () => {
  const [lent, released] = [[] as number[], [] as number[]]
  const fake = (place: number) =>
    ({
      lease: () => {
        lent.push(place)
        return Promise.resolve({ weights: {}, release: () => released.push(place) })
      },
    }) as unknown as Replica
  const replicas = [fake(0), fake(1), fake(2)] as const
  const going = new AbortController().signal
  beforeEach(() => {
    for (const list of [lent, released]) list.length = 0
  })

  it('are distributed forwards and backwards', async () => {
    const pieces = [...Array(8).keys()]
    const shares = await runOnReplicas(replicas, new Map(), pieces, going, (share) => Promise.resolve(share))
    expect(shares).toEqual([
      [0, 5, 6],
      [1, 4, 7],
      [2, 3],
    ])
    expect(released.sort()).toEqual([0, 1, 2])
  })

  it('are given to no more replicas than there are pieces', async () => {
    const shares = await runOnReplicas(replicas, new Map(), ['a', 'b'], going, (share) => Promise.resolve(share))
    expect([shares, lent, released]).toEqual([
      [['a'], ['b']],
      [0, 1],
      [0, 1],
    ])
    expect(await runOnReplicas(replicas, new Map(), [], going, (share) => Promise.resolve(share))).toEqual([])
  })

  it('stop when one replica fails; its error is returned after all have ended', async () => {
    const stops: boolean[] = []
    const work = async (share: readonly number[], replica: Replica, _: object, stopped: () => boolean) => {
      if (replica === replicas[1]) throw broken
      stops.push(stopped())
      await new Promise((resolve) => setTimeout(resolve, 1))
      stops.push(stopped())
    }
    await expect(runOnReplicas(replicas, new Map(), [0, 1, 2], going, work)).rejects.toBe(broken)
    expect(stops.slice(-2)).toEqual([true, true])
    expect(released.sort()).toEqual([0, 1, 2])
  })

  it('stop when the signal is aborted', async () => {
    const work = (_share: readonly number[], _replica: Replica, _weights: object, stopped: () => boolean) =>
      Promise.resolve(stopped())
    expect(await runOnReplicas(replicas, new Map(), [0, 1], AbortSignal.abort(), work)).toEqual([true, true])
  })
})
