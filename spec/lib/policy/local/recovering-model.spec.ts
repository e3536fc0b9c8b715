import * as TE from 'fp-ts/lib/TaskEither.js'
import { from, lastValueFrom, NEVER, of, tap, toArray } from 'rxjs'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import type { Engine, Routine } from '#lib/compute/engine/engine.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { orThrow } from '#lib/or-throw.js'
import { PipelineError } from '#lib/pipeline-error.js'
import type { TrainingState } from '#lib/checkpoint/training-state.js'
import type { Learner } from '#lib/policy/learner.js'
import { type LocalModel, localModel, type LocalModelOptions, type OpenedModel } from '#lib/policy/local/local-model.js'
import { recoveringModel } from '#lib/policy/local/recovering-model.js'
import type { EngineRestart } from '#lib/policy/local/restart-engines.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import type { StepReport } from '#lib/report/step-report.js'
import { algorithms } from '#pipelines/algorithms/index.js'
import { aFilteredBatch, anUpdate, fixedVerifier } from '#testing.js'
import { compilingOnce } from './compiling-once.js'
import { losable } from './losable-engine.js'
import {
  aBatchOf,
  accepted,
  all,
  checkpoint,
  inOrder,
  memoryOf,
  only,
  promptOf,
  promptsOf,
  sampling,
  snapshotOf,
  tokenizer,
  tokensOf,
  watched,
  withModel,
} from './tiny.js'

const open = () => inWorker('onnx', { threads: 1 })
const engines = [losable(compilingOnce(await open())), losable(compilingOnce(await open()))] as const
afterAll(() => Promise.all(engines.map((engine) => engine.close())))
beforeEach(() => {
  for (const engine of engines) engine.loseAt()
})

const learningRate = constantRate(1e-2)
const verifier = fixedVerifier(({ tokens }) => (tokens[0]! % 2 === 0 ? 1 : -1))
const texts = ['12', '345', '67', '8+9', '1', '2', '33', '4', '5+', '6', '70', '80']

/** Reports of three steps with a reference policy and a filter with a memory. */
const train = (model: LocalModel, inFlight = 1): Promise<readonly StepReport[]> =>
  lastValueFrom(
    algorithms['entrocraft-calibrated']
      .create(
        {
          ...model,
          verifier,
          rewardScale: 'signed',
          prompts: texts.map(promptOf),
          reference: model.freeze(),
        },
        {
          band: () => ({ low: 0.4, high: 0.6 }),
          sampling: { group: 4, maxTokens: 6, seed: 7 },
          demand: { prompts: 4, inFlight },
          steps: 3,
          algorithm: { klCoefficient: 0.1 },
        },
      )
      .pipe(toArray()),
  )

/** Trains a model on the engines; `prepare` is called before the first step. */
const trained = async (
  some: readonly [Engine, ...Engine[]],
  options: Partial<LocalModelOptions>,
  prepare: () => void = () => undefined,
  inFlight = 1,
) => {
  const [engine, ...replicas] = some
  const before = await memoryOf(some)
  const model = await orThrow(
    localModel({ engine, replicas, checkpoint, tokenizer, learningRate, microBatch: 4, ...options }),
  )
  try {
    prepare()
    return {
      reports: await train(model, inFlight),
      state: await snapshotOf(model.learner),
      version: model.policy.version,
    }
  } finally {
    await model.close()
    expect(await memoryOf(some)).toEqual(before)
  }
}

describe('a training run that loses an engine', async () => {
  const undisturbed = await trained(engines, {})
  const calls = engines.map((engine) => engine.calls())

  it('is the run that is disturbed at every kind of call', () => {
    expect(undisturbed.version).toBe(3)
    for (const count of calls) expect(count).toBeGreaterThan(100)
  })

  // Seven points, spread over the run; the strides have no common divisor with the number of tensors.
  const points = engines.flatMap((_, place) =>
    [0, 0.13, 0.31, 0.47, 0.59, 0.74, 0.93].map((share, n) => ({
      place,
      call: Math.floor(share * calls[place]!),
      when: n % 2 === 0 ? ('before' as const) : ('after' as const),
      copyEvery: 1 + (n % 3),
    })),
  )

  it.each(points)('engine $place, $when call $call, has the same reports and weights', async (point) => {
    const { place, call, when, copyEvery } = point
    const restarts: EngineRestart[] = []
    const recovery = { copyEvery, onRestart: (restart: EngineRestart) => restarts.push(restart) }
    const before = engines[place]!.restarts()
    const found = await trained(engines, { recovery }, () => engines[place]!.loseAt(call, when))
    expect(engines[place]!.restarts() - before).toBe(1)
    expect(restarts).toEqual([
      {
        engine: `onnx (${place + 1} of 2)`,
        loss: expect.objectContaining({ _tag: 'EngineLost', message: 'the device of onnx is lost' }) as Error,
        restart: 1,
        restarts: 3,
      },
    ])
    expect(found.reports).toEqual(undisturbed.reports)
    expect(found.state).toEqual(undisturbed.state)
  })

  it('is the same when both engines are lost, and lost again while the model is loaded', async () => {
    const restarts: number[] = []
    const onRestart = ({ restart }: EngineRestart) => {
      restarts.push(restart)
      if (restart === 1) engines[0].loseAt(5)
    }
    const found = await trained(engines, { recovery: { onRestart } }, () => {
      engines[0].loseAt(Math.floor(calls[0]! / 2))
      engines[1].loseAt(Math.floor(calls[1]! / 3))
    })
    expect(restarts.length).toBeGreaterThanOrEqual(2)
    expect(found).toEqual(undisturbed)
  })

  it('makes every step once with two batches in flight, whose calls are interrupted together', async () => {
    let restarts = 0
    const recovery = { restarts: 9, onRestart: () => restarts++ }
    for (const share of [0.3, 0.6]) {
      const prepare = () => engines[0].loseAt(Math.floor(share * calls[0]!))
      const { reports, state, version } = await trained(engines, { recovery }, prepare, 2)
      expect(reports.map(({ step, outcome }) => [step, outcome.version])).toEqual([
        [0, 1],
        [1, 2],
        [2, 3],
      ])
      expect([state.optimizerSteps, version]).toEqual([3, 3])
    }
    expect(restarts).toBe(2)
  })

  it('ends with the name of the engine when it is lost too often', async () => {
    let restarts = 0
    const onRestart = () => {
      restarts++
      engines[1].loseAt(30)
    }
    const model = await orThrow(
      localModel({
        engine: engines[0],
        replicas: [engines[1]],
        checkpoint,
        tokenizer,
        learningRate,
        recovery: { restarts: 2, onRestart },
      }),
    )
    engines[1].loseAt(30)
    await expect(train(model)).rejects.toThrow(
      new PipelineError(
        'EngineLost',
        'engine onnx (2 of 2) is lost, and found loss 3 of the run, expected at most 2: the device of onnx is lost',
      ),
    )
    expect(restarts).toBe(2)
    await engines[1].reopen()
    await model.close()
    expect(await memoryOf(engines)).toEqual([
      { tensors: 0, bytes: 0 },
      { tensors: 0, bytes: 0 },
    ])
  })

  it('ends with the loss without recovery, and when an engine cannot be started again', async () => {
    const [engine] = engines
    const lostWith = async (options: Partial<LocalModelOptions>, own: Engine = engine) => {
      const model = await orThrow(localModel({ engine: own, checkpoint, tokenizer, learningRate, ...options }))
      engine.loseAt(50)
      const failure = await train(model).catch((error: unknown) => error)
      await engine.reopen()
      await model.close()
      return failure
    }
    const loss = { _tag: 'EngineLost', message: 'the device of onnx is lost' }
    expect(await lostWith({})).toMatchObject(loss)
    const mortal: Engine = { ...engine }
    delete mortal.reopen
    expect(await lostWith({ recovery: {} }, mortal)).toMatchObject({
      _tag: 'EngineLost',
      message: 'engine onnx is lost, and it cannot be started again: the device of onnx is lost',
    })
  })
})

describe('a recovering model', () => {
  const batch = aBatchOf([5, 1, 9, 3])
  const objective = ppoClip({ minibatches: 2 })
  const on = <A>(body: (model: LocalModel) => Promise<A>, options: Partial<LocalModelOptions> = {}) =>
    withModel(engines[0], body, { recovery: {}, ...options })

  it('emits each group once, and the groups that the loss interrupted are drawn by the same keys', async () => {
    // With few slots the last prompts wait, so groups are emitted before the loss.
    const draw = ({ policy }: LocalModel, onGroup: () => void = () => undefined) =>
      all(from(policy.sample(promptsOf(texts), sampling)).pipe(tap(onGroup)))
    const alone = await withModel(engines[0], (model) => draw(model), { slots: 8 })
    let groups = 0
    const found = await on((model) => draw(model, () => groups++ === 2 && engines[0].loseAt(0)), { slots: 8 })
    expect(tokensOf(inOrder(found))).toEqual(tokensOf(alone))
    expect(found).toHaveLength(texts.length)
  })

  it('reads its parameters again when an engine is lost meanwhile', async () => {
    const expected = await on((model) => orThrow(model.readParameters()))
    const found = await on((model) => {
      engines[0].loseAt(2)
      return orThrow(model.readParameters())
    })
    expect(found).toEqual(expected)
  })

  it('goes on from a state', async () => {
    const scores = await on(({ policy }) => only(policy.score(batch)))
    const scored = accepted(batch, scores)
    const twice = (model: LocalModel, between: () => void = () => undefined) =>
      only(model.learner.update(scored, objective)).then(async () => {
        between()
        await only(model.learner.update(scored, objective))
        return snapshotOf(model.learner)
      })
    const expected = await on((model) => twice(model))
    const state = await on(async ({ learner }) => {
      await only(learner.update(scored, objective))
      return snapshotOf(learner)
    })
    const resumed = await on(
      async ({ learner, policy }) => {
        expect(policy.version).toBe(1)
        engines[0].loseAt(10)
        await only(learner.update(scored, objective))
        return snapshotOf(learner)
      },
      { state },
    )
    expect(resumed).toEqual(expected)
    expect(await on((model) => twice(model, () => engines[0].loseAt(3)))).toEqual(expected)
  })

  it('tells each update that it repeats, because no call is answered meanwhile', async () => {
    const scored = accepted(batch, await on(({ policy }) => only(policy.score(batch))))
    let repeats = 0
    await on(
      async ({ learner, policy }) => {
        for (let times = 0; times < 2; times++) await only(learner.update(scored, objective))
        expect(repeats).toBe(0)
        engines[0].loseAt(0)
        await only(policy.score(batch))
      },
      { recovery: { onRepeat: () => repeats++ } },
    )
    expect(repeats).toBe(2)
  })

  it('goes on from the state that is stored elsewhere, unless it is that of another version', async () => {
    const scored = accepted(batch, await on(({ policy }) => only(policy.score(batch))))
    const run = (loss: number | undefined, read: (version: number) => void = () => undefined) =>
      on(async (model) => {
        for (const step of [1, 2, 3, 4]) {
          await only(model.learner.update(scored, objective))
          const state = await snapshotOf(model.learner)
          const stored = TE.fromIO(() => {
            read(step)
            return state
          })
          // The state of version 3 is reported too late.
          if (step === 2) model.recoverFrom(2, stored)
          if (step === 4) model.recoverFrom(3, stored)
        }
        engines[0].loseAt(loss)
        return only(model.policy.score(batch))
      })
    const reads: number[] = []
    expect(await run(0, (version) => reads.push(version))).toEqual(await run(undefined))
    expect(reads).toEqual([2])
  })

  it('keeps the frozen policies of the checkpoint and of a later version', async () => {
    const scored = accepted(batch, await on(({ policy }) => only(policy.score(batch))))
    await on(async ({ policy, learner, freeze, freezeCheckpoint }) => {
      await only(learner.update(scored, objective))
      const policies = [freeze(), await orThrow(freezeCheckpoint())]
      const scoresOf = () => Promise.all(policies.map((frozen) => only(frozen.score(batch))))
      const said = await scoresOf()
      expect(said.map(({ version }) => version)).toEqual([1, 0])
      await only(learner.update(scored, objective))
      engines[0].loseAt(0)
      expect(await scoresOf()).toEqual(said)
      expect((await only(policy.score(batch))).version).toBe(2)
    })
  })

  /** A model without weights, which records the calls of its learner. The first update may hang after it has published. */
  const recorded = async (recovery: NonNullable<LocalModelOptions['recovery']>, hangs: boolean) => {
    const made: string[] = []
    let version = 0
    const learner: Learner = {
      update: ({ step }) => {
        made.push(`update ${step}`)
        version++
        return step === 0 && hangs ? NEVER : of({ ...anUpdate(version), version })
      },
      snapshot: () => {
        made.push('snapshot')
        return TE.right({ version } as TrainingState)
      },
    }
    const policy = {
      get version() {
        return version
      },
    }
    const opened = { policy, learner, close: () => Promise.resolve() } as unknown as OpenedModel
    const options = { engine: engines[0], checkpoint, tokenizer, learningRate }
    return { made, model: await orThrow(recoveringModel(options, recovery, () => TE.right(opened))) }
  }

  it('reads the state again when an update was unsubscribed after it had published', async () => {
    const { made, model } = await recorded({}, true)
    from(model.learner.update(aFilteredBatch(0), objective))
      .subscribe()
      .unsubscribe()
    await only(model.learner.update(aFilteredBatch(1), objective))
    await only(model.learner.update(aFilteredBatch(2), objective))
    expect(made).toEqual(['update 0', 'snapshot', 'update 1', 'update 2'])
  })

  it('copies its state before an update, so that no report of one that is made waits for the copy', async () => {
    const { made, model } = await recorded({ copyEvery: 2 }, false)
    for (const step of [0, 1]) await only(model.learner.update(aFilteredBatch(step), objective))
    expect(made).toEqual(['update 0', 'update 1'])
    for (const step of [2, 3, 4]) await only(model.learner.update(aFilteredBatch(step), objective))
    expect(made.slice(2)).toEqual(['snapshot', 'update 2', 'update 3', 'snapshot', 'update 4'])
  })

  it('refuses impossible options', () => {
    const open = (recovery: object) => () =>
      localModel({ engine: engines[0], checkpoint, tokenizer, learningRate, recovery })
    expect(open({ restarts: -1 })).toThrow(new RangeError('recovery.restarts: found -1, expected an integer >= 0'))
    expect(open({ copyEvery: 0 })).toThrow(new RangeError('recovery.copyEvery: found 0, expected an integer >= 1'))
  })
})

describe('a worker thread that ends in the middle of a batch', async () => {
  const threads = [await open(), await open()] as const
  const [first, second] = [watched(threads[0]), watched(threads[1])]
  afterAll(() => Promise.all(threads.map((thread) => thread.close())))
  /** Routine that ends its thread. */
  const leaving: Routine<null, null, never> = {
    module: `data:text/javascript,${encodeURIComponent('export const leaving = { start: () => process.exit(7) }')}`,
    name: 'leaving',
    start: () => {
      throw new Error('it is started in the worker')
    },
  }
  const runs = { from: 0, count: 0 }
  const undisturbed = await trained([first, second], {}, () => (runs.from = second.runs.length))
  runs.count = second.runs.length - runs.from

  it.each([0.2, 0.55, 0.9])('after %d of its runs is replaced, and the run is the same', async (share) => {
    const restarts: string[] = []
    const onRestart = ({ engine, loss }: EngineRestart) => restarts.push(`${engine}: ${loss.message}`)
    const found = await trained([first, second], { recovery: { onRestart } }, () =>
      second.watch((run) => {
        if (run === Math.floor(share * runs.count)) threads[1].start(leaving, null).catch(() => undefined)
      }),
    )
    second.watch(() => undefined)
    expect(restarts).toEqual(["onnx (2 of 2): the engine's worker ended, exit code 7"])
    expect(found).toEqual(undisturbed)
  })
})
