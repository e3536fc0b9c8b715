import { afterAll, describe, expect, it } from 'vitest'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { mapWeights, weightFeed, weightShapes } from '#lib/model/weights.js'
import { GRADIENT } from '#lib/model/program/train.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { withEntropyBonus } from '#lib/objective/with-entropy-bonus.js'
import { adamwDefaults, adamwProgram } from '#lib/optimizer/adamw.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import type { HostTensor } from '#lib/compute/program/node.js'
import type { TrainingState } from '#lib/checkpoint/training-state.js'
import type { FilteredBatch } from '#lib/rollout/batch.js'
import type { WeightMap } from '#lib/model/weights.js'
import { aBatchOf, accepted, config, only, snapshotOf, withModel } from './tiny.js'

const engine = await inWorker('onnx', { threads: 1 })
afterAll(() => engine.close())

const adamw = { ...adamwDefaults, weightDecay: 0.1 }
const options = { learningRate: constantRate(1e-2), adamw }
const batch = aBatchOf([5, 1, 9, 3])
const scored = await withModel(engine, async ({ policy }) => accepted(batch, await only(policy.score(batch))))
const withAdvantages = (change: (advantage: number, b: number) => number): FilteredBatch => ({
  ...scored,
  advantages_B: scored.advantages_B.map(change),
})
const withoutAdvantage = withAdvantages(() => 0)

/** Root of the summed squares of the changes of all weights. */
const distance = (a: WeightMap<HostTensor>, b: WeightMap<HostTensor>): number =>
  Math.sqrt(
    [...a].reduce(
      (sum, [name, { data }]) =>
        sum + Array.from(data, (x, i) => (x - b.get(name)!.data[i]!) ** 2).reduce((x, y) => x + y),
      0,
    ),
  )

/** State after one step of AdamW with a gradient of 0. */
const afterZeroGradient = async (state: TrainingState): Promise<WeightMap<HostTensor>> => {
  const shapes = weightShapes(config)
  const zeros = mapWeights(state.parameters, ({ shape, data }) => ({ shape, data: data.map(() => 0) }))
  const number = (value: number) => ({ shape: [], data: Float32Array.of(value) })
  const feed = (of: WeightMap<HostTensor>, prefix: string) =>
    weightFeed(of, prefix) as Readonly<Record<string, HostTensor>>
  const program = adamwProgram(shapes, adamw)
  const executable = await engine.compile(program)
  const { host } = await executable.run(
    {
      ...feed(state.parameters, 'parameter.'),
      ...feed(state.firstMoments, 'first.'),
      ...feed(state.secondMoments, 'second.'),
      ...feed(zeros, GRADIENT),
      rate: number(1e-2),
      firstCorrection: number(1 / (1 - adamw.beta1 ** (state.optimizerSteps + 1))),
      secondCorrection: number(1 / (1 - adamw.beta2 ** (state.optimizerSteps + 1))),
    },
    [...program.outputs.keys()],
  )
  executable.dispose()
  return new Map([...shapes.keys()].map((name) => [name, host[`parameter.${name}`]!]))
}

describe('an update whose advantages are all 0', () => {
  it.each([1, 3])('is skipped, and changes neither weights nor moments, with %i minibatches', async (minibatches) => {
    await withModel(
      engine,
      async ({ policy, learner }) => {
        await only(learner.update(scored, ppoClip()))
        const [state, memory] = [await snapshotOf(learner), await engine.memory()]
        expect(await only(learner.update(withoutAdvantage, ppoClip({ minibatches })))).toEqual({
          status: 'skipped',
          version: 1,
          reason: 'zero-advantage',
        })
        expect(policy.version).toBe(1)
        expect(await snapshotOf(learner)).toEqual(state)
        expect(await engine.memory()).toEqual(memory)
      },
      options,
    )
  })

  it('would move the weights by two thirds of the step before, by the momentum of AdamW alone', async () => {
    await withModel(
      engine,
      async ({ learner }) => {
        const start = await snapshotOf(learner)
        await only(learner.update(scored, ppoClip()))
        const state = await snapshotOf(learner)
        const moved = distance(await afterZeroGradient(state), state.parameters)
        const share = moved / distance(state.parameters, start.parameters)
        expect(share).toBeGreaterThan(0.6)
        expect(share).toBeLessThan(0.75)
      },
      options,
    )
  })

  it('is made if the loss has another term', async () => {
    await withModel(
      engine,
      async ({ learner }) => {
        await only(learner.update(scored, ppoClip()))
        expect(await only(learner.update(withoutAdvantage, withEntropyBonus(ppoClip(), 0.1)))).toMatchObject({
          status: 'updated',
          version: 2,
        })
      },
      options,
    )
  })

  it('is decided by the accepted responses', async () => {
    await withModel(
      engine,
      async ({ learner }) => {
        const one = withAdvantages((advantage, b) => (b === 2 ? advantage : 0))
        const others: FilteredBatch = { ...one, accepted_B: one.accepted_B.map((_, b) => b !== 2) }
        expect(await only(learner.update(others, ppoClip()))).toMatchObject({ reason: 'zero-advantage' })
        expect(await only(learner.update(one, ppoClip()))).toMatchObject({ status: 'updated' })
      },
      options,
    )
  })
})
