import { readdir } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { firstValueFrom, from, lastValueFrom, tap, toArray } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import type { Engine } from '#lib/compute/engine/engine.js'
import { freshAdapters, withAdapters } from '#lib/model/lora/adapters.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import { orThrow } from '#lib/or-throw.js'
import type { LocalModel } from '#lib/policy/local/local-model.js'
import { mapLearner } from '#lib/policy/map-learner.js'
import { pooled } from '#lib/remote/pool/pooled.js'
import type { RemotePolicy } from '#lib/remote/remote-policy.js'
import { adapterSync } from '#lib/remote/sync/adapter-sync.js'
import { folderSync } from '#lib/remote/sync/folder-sync.js'
import { remoteRollouts, type RemoteRollouts } from '#lib/remote/sync/remote-rollouts.js'
import type { WeightSync } from '#lib/remote/sync/weight-sync.js'
import { algorithms } from '#pipelines/algorithms/index.js'
import { fixedVerifier } from '#testing.js'
import { checkpoint, config, promptOf, snapshotOf, withModel } from '../../policy/local/tiny.js'
import { temporaryFolder } from '../../run/temporary.js'
import { modelServer } from './model-server.js'

const lora = { rank: 2, alpha: 8, targets: ['q_proj', 'v_proj', 'down_proj'] } as const
const adapted = withAdapters(checkpoint, freshAdapters(config, lora, 1))
const options = { checkpoint: adapted, learningRate: constantRate(0.02) }

/** Engine of the learner, whose memory is checked, and engine of the servers. */
let engine: Engine
let remote: Engine
beforeAll(async () => {
  engine = await inWorker('onnx', { threads: 1 })
  remote = await inWorker('onnx', { threads: 1 })
})
afterAll(() => Promise.all([engine, remote].map((each) => each.close())))

const verifier = fixedVerifier(({ tokens }) => (tokens[0]! % 2 === 0 ? 1 : -1))
const texts = ['12', '345', '67', '8+9', '1', '2', '33', '4', '5+', '6', '70', '80', '9', '10', '11', '99']

interface TrainOptions {
  readonly inFlight?: number
  readonly topK?: number
  readonly onStep?: () => void
}

/** Four steps of four prompts; calls back after each. */
const stepsOf = (
  { policy, learner }: RemoteRollouts,
  { inFlight = 1, topK = 0, onStep = () => undefined }: TrainOptions = {},
) =>
  algorithms.grpo
    .create(
      { policy, learner, verifier, rewardScale: 'signed', prompts: texts.map(promptOf) },
      {
        band: () => ({ low: 0.1, high: 3 }),
        sampling: { group: 4, maxTokens: 6, seed: 7, topK },
        demand: { prompts: 4, inFlight },
        algorithm: { mismatch: 'truncate' },
      },
    )
    .pipe(tap(() => onStep()))

const train = (...of: Parameters<typeof stepsOf>) => lastValueFrom(stepsOf(...of).pipe(toArray()))

/** Runs the body with ports on servers, and closes them before the model. */
const withRollouts = async <A>(
  samplers: RemotePolicy,
  body: (rollouts: RemoteRollouts, model: LocalModel, folder: string) => Promise<A>,
  sync: (folder: string) => WeightSync = (folder) => adapterSync({ folder, run: 'mine' }),
  model: Parameters<typeof withModel>[2] = options,
): Promise<A> => {
  const folder = await temporaryFolder()
  return withModel(
    engine,
    async (local) => {
      const rollouts = remoteRollouts(local, samplers, sync(folder))
      const result = await body(rollouts, local, folder).finally(() => rollouts.close())
      expect(await readdir(folder)).toEqual([])
      return result
    },
    model,
  )
}

describe('a run whose completions are sampled on servers', () => {
  it('samples each batch with the version before it, on servers that have it', async () => {
    const servers = [modelServer, modelServer].map((create, i) => create(remote, checkpoint, `http://${i}`))
    await withRollouts(pooled(servers, { promptsPerServer: 1 }), async (rollouts, model, folder) => {
      const kept: (readonly string[])[] = []
      const reports = await train(rollouts, {
        onStep: () => void readdir(folder).then((names) => kept.push(names)),
      })
      expect(reports.map(({ outcome }) => outcome.version)).toEqual([1, 2, 3, 4])
      expect(model.policy.version).toBe(4)
      for (const { step, examples, diagnostics, tokens } of reports) {
        expect(tokens.sampled).toBeGreaterThan(0)
        for (const { response } of examples) expect(response.completion.version).toBe(step)
        // The servers compute as the learner does, from the folder that it wrote.
        expect(diagnostics.samplerDifference.max).toBeLessThan(1e-4)
        expect(diagnostics.effectiveSampleSize).toBeCloseTo(1, 5)
      }
      // Nothing is sampled after the last step, so its version stays here.
      const names = [0, 1, 2, 3].map((version) => `entrain-mine-00000${version}`)
      // A server that still loads a version when two newer ones are published goes on with the newest.
      for (const { published } of servers) expect(names).toEqual(expect.arrayContaining([...published]))
      expect([...new Set(servers.flatMap(({ published }) => published))].toSorted()).toEqual(names)
      for (const each of kept) expect(each.length).toBeLessThanOrEqual(2)
      expect(await readdir(folder)).toEqual(names.slice(-1))
    })
  })

  it('has the report of an update before the servers have its version, so that a run that stops loses no step', async () => {
    const server = modelServer(remote, checkpoint)
    const hanging: RemotePolicy = {
      ...server,
      get version() {
        return server.version
      },
      publish: (weights) => (weights.version === 0 ? server.publish(weights) : () => new Promise(() => undefined)),
    }
    await withRollouts(hanging, async (rollouts, model) => {
      expect(await firstValueFrom(stepsOf(rollouts))).toMatchObject({ step: 0, outcome: { version: 1 } })
      expect(model.policy.version).toBe(1)
    })
  })

  it('makes no update before the servers have the version of the update before', async () => {
    const server = modelServer(remote, checkpoint)
    await withRollouts(server, async (rollouts, model) => {
      const versions: (readonly [learner: number, server: number])[] = []
      const { learner } = rollouts
      const watched = {
        ...rollouts,
        learner: mapLearner(learner, {
          update: (batch, objective) =>
            from(learner.update(batch, objective)).pipe(
              tap(() => versions.push([model.policy.version, server.version])),
            ),
        }),
      }
      await train(watched, { inFlight: 3 })
      expect(versions).toEqual([
        [1, 0],
        [2, 1],
        [3, 2],
        [4, 3],
      ])
    })
  })

  it('has a small mismatch with top-k, too, which is corrected', async () => {
    await withRollouts(modelServer(remote, checkpoint), async (rollouts) => {
      for (const { diagnostics } of await train(rollouts, { topK: 5 }))
        expect(diagnostics.samplerDifference.max).toBeLessThan(1e-4)
    })
  })

  it('samples with weights that are one step older when two batches are in flight', async () => {
    await withRollouts(modelServer(remote, checkpoint), async (rollouts) => {
      const reports = await train(rollouts, { inFlight: 2 })
      const staleness = reports.map(({ step, examples }) =>
        Math.max(...examples.map(({ response }) => step - response.completion.version)),
      )
      // The second batch is sampled before the first update.
      expect(staleness[1]).toBe(1)
      expect(Math.max(...staleness)).toBe(1)
      expect(reports.map(({ outcome }) => outcome.version)).toEqual([1, 2, 3, 4])
    })
  })

  it('trains a whole model, which the servers read as a folder', async () => {
    await withRollouts(
      modelServer(remote, checkpoint),
      async (rollouts) => {
        for (const { diagnostics } of await train(rollouts))
          expect(diagnostics.samplerDifference.max).toBeLessThan(1e-4)
      },
      (folder) => folderSync({ folder, run: 'mine' }),
      { learningRate: constantRate(1e-3) },
    )
  })

  it('ends with the error of a server that does not take the weights', async () => {
    const deaf = modelServer(remote, checkpoint, 'http://deaf', ({ version }) => version < 2)
    await withRollouts(pooled([modelServer(remote, checkpoint, 'http://good'), deaf]), async (rollouts) => {
      await expect(train(rollouts)).rejects.toMatchObject({
        problem: 'unfit',
        place: 'http://deaf, version 2 (entrain-mine-000002)',
        message: expect.stringContaining('the server did not take the adapters') as unknown,
      })
    })
  })

  it('goes on from a resumed state under the names of another run', async () => {
    const folder = await temporaryFolder()
    const state = await withModel(
      engine,
      async (model) => {
        const rollouts = remoteRollouts(model, modelServer(remote, checkpoint), adapterSync({ folder }))
        await train(rollouts).finally(() => rollouts.close())
        return snapshotOf(model.learner)
      },
      options,
    )
    const server = modelServer(remote, checkpoint)
    await withRollouts(
      server,
      async (rollouts) => {
        const reports = await train(rollouts)
        expect(reports.map(({ outcome }) => outcome.version)).toEqual([5, 6, 7, 8])
        expect(server.published[0]).toMatch(/^entrain-[\da-f]{8}-000004$/)
      },
      (shared) => adapterSync({ folder: shared }),
      { ...options, state },
    )
  })
})

describe('a folder of weights', () => {
  const written = async (sync: WeightSync, model: Parameters<typeof withModel>[2] = options) =>
    withModel(engine, async ({ readParameters }) => sync.write(await orThrow(readParameters()))(), model)

  it('is never written twice under one name', async () => {
    const folder = await temporaryFolder()
    const sync = adapterSync({ folder, run: 'mine' })
    expect(await written(sync)).toEqual(
      E.right({ version: 0, name: 'entrain-mine-000000', kind: 'adapters', folder: `${folder}/entrain-mine-000000` }),
    )
    const again = await written(sync)
    expect(E.isLeft(again) && again.left.message).toBe(
      `${folder}/entrain-mine-000000: found a version of another run, expected no folder; give this run another name`,
    )
  })

  it('holds adapters or a whole model, as the model has them', async () => {
    const folder = await temporaryFolder()
    const [none, adapters] = [
      await written(adapterSync({ folder, run: 'a' }), {}),
      await written(folderSync({ folder, run: 'b' })),
    ]
    expect(E.isLeft(none) && none.left.message).toContain(
      'found a model without adapters, expected a model with adapters',
    )
    expect(E.isLeft(adapters) && adapters.left.message).toContain(
      'found a model with adapters, expected a model without adapters; `adapterSync` publishes them',
    )
  })

  it('has a name that is a name of a folder', () => {
    expect(() => adapterSync({ folder: '/shared', run: '../x' })).toThrow(
      'run: found "../x", expected letters, digits, dots, dashes and underscores',
    )
  })
})
