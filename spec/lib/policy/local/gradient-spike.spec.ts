import { from, Subscription } from 'rxjs'
import { afterAll, describe, expect, it } from 'vitest'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { adamwDefaults } from '#lib/optimizer/adamw.js'
import type { GradientSpike } from '#lib/optimizer/gradient-spike.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import type { UpdateReport } from '#lib/policy/learner.js'
import type { FilteredBatch } from '#lib/rollout/batch.js'
import { compilingOnce } from './compiling-once.js'
import { aBatchOf, accepted, only, snapshotOf, watched, withModel } from './tiny.js'

const engine = compilingOnce(await inWorker('onnx', { threads: 1 }))
afterAll(() => engine.close())

const batch = aBatchOf([5, 1, 9, 3], 4)
const scores = await withModel(engine, ({ policy }) => only(policy.score(batch)))
const calm = accepted(batch, scores)
/** The gradient is linear in the advantages. */
const times = (factor: number): FilteredBatch => ({ ...calm, advantages_B: calm.advantages_B.map((a) => factor * a) })
const spike = times(1000)

const normOf = (report: UpdateReport): number => {
  if (report.status !== 'updated') throw new Error(report.reason)
  return report.gradientNorm
}

/** A rate that hardly moves the weights, so that equal batches have equal gradients. Without clipping, unless the guard clips. */
const settings = { learningRate: constantRate(1e-7), adamw: { ...adamwDefaults, maxNorm: Infinity } }
const train = (batches: readonly FilteredBatch[], gradientSpike?: GradientSpike) =>
  withModel(
    engine,
    async ({ learner }) => {
      const reports: UpdateReport[] = []
      for (const each of batches) reports.push(await only(learner.update(each, ppoClip())))
      return { reports, state: await snapshotOf(learner) }
    },
    { ...settings, ...(gradientSpike === undefined ? {} : { gradientSpike }) },
  )

describe('a guard against gradient spikes', () => {
  it.each(['skip', 'clip'] as const)('%s changes nothing without a spike', async (action) => {
    const { state } = await train([calm, calm, calm], { action, factor: 5, window: 2 })
    expect({ ...state, gradientNorms: [] }).toEqual({ ...(await train([calm, calm, calm])).state, gradientNorms: [] })
  })

  it('skip: refuses the update, changes no weight and no moment, and keeps the norm in its window', async () => {
    const guard: GradientSpike = { action: 'skip', factor: 5, window: 2 }
    const before = await train([calm, calm], guard)
    const after = await train([calm, calm, spike], guard)
    expect(after.reports.at(-1)).toEqual({ status: 'skipped', version: 2, reason: 'gradient-spike' })
    const norm = normOf(before.reports[0]!)
    const [first, second] = after.state.gradientNorms!
    expect(first! / norm).toBeCloseTo(1, 3)
    expect(second! / norm).toBeCloseTo(1000, 0)
    expect({ ...after.state, gradientNorms: [] }).toEqual({ ...before.state, gradientNorms: [] })
  })

  it('goes on from a snapshot with the same window', async () => {
    const gradientSpike: GradientSpike = { action: 'skip', factor: 5, window: 2 }
    const { state } = await train([calm, calm, spike], gradientSpike)
    const whole = await train([calm, calm, spike, calm, spike], gradientSpike)
    const resumed = await withModel(
      engine,
      async ({ learner }) => {
        const reports = [await only(learner.update(calm, ppoClip())), await only(learner.update(spike, ppoClip()))]
        return { reports, state: await snapshotOf(learner) }
      },
      { ...settings, gradientSpike, state },
    )
    expect(resumed).toEqual({ reports: whole.reports.slice(3), state: whole.state })
  })

  it('skip: remembers no norm of an update that is given up while the norm is measured', async () => {
    const seen = watched(engine)
    const guard: GradientSpike = { action: 'skip', factor: 5, window: 2 }
    const norms = await withModel(
      seen,
      async ({ learner }) => {
        await only(learner.update(calm, ppoClip()))
        const begin = seen.runs.length
        await only(learner.update(calm, ppoClip()))
        const count = seen.runs.length - begin
        let updating = Subscription.EMPTY
        // The last run of an update measures the norm.
        seen.watch((run) => {
          if (run === count - 1) updating.unsubscribe()
        })
        updating = from(learner.update(spike, ppoClip())).subscribe()
        await expect.poll(() => updating.closed).toBe(true)
        seen.watch(() => undefined)
        await only(learner.update(calm, ppoClip()))
        return (await snapshotOf(learner)).gradientNorms!
      },
      { ...settings, gradientSpike: guard },
    )
    expect(norms[0]! / norms[1]!).toBeCloseTo(1, 2)
  })

  it('acts only when its window is full', async () => {
    const { reports } = await train([calm, spike, spike], { action: 'skip', factor: 5, window: 3 })
    expect(reports.map(({ status }) => status)).toEqual(['updated', 'updated', 'updated'])
  })

  it('skip: refuses the whole update if one of its minibatches is a spike', async () => {
    const report = await withModel(
      engine,
      async ({ learner }) => {
        await only(learner.update(calm, ppoClip()))
        await only(learner.update(calm, ppoClip()))
        return only(
          learner.update({ ...calm, advantages_B: calm.advantages_B.with(0, 1e5) }, ppoClip({ minibatches: 4 })),
        )
      },
      { ...settings, gradientSpike: { action: 'skip', factor: 50, window: 2 } },
    )
    expect(report).toEqual({ status: 'skipped', version: 2, reason: 'gradient-spike' })
  })

  it('clip: scales the gradient of a spike down to the limit, and reports the norm before', async () => {
    const { reports, state } = await train([calm, calm, spike], { action: 'clip', factor: 5, window: 2 })
    const norm = normOf(reports[0]!)
    expect(normOf(reports[2]!) / norm).toBeCloseTo(1000, 0)
    // The same moments come from a batch whose gradient is five times the calm one, because the first two steps are equal.
    const five = await train([calm, calm, times(5)])
    for (const [name, { data }] of state.firstMoments) {
      const expected = five.state.firstMoments.get(name)!.data
      const scale = Math.max(...expected.map(Math.abs))
      data.forEach((x, i) => expect(Math.abs(x - expected[i]!) / scale).toBeLessThan(1e-2))
    }
  })

  it('refuses settings that make no sense', async () => {
    const opening = withModel(engine, () => Promise.resolve(), { gradientSpike: { action: 'skip', factor: -1 } })
    await expect(opening).rejects.toThrow('gradientSpike.factor: found -1, expected a number > 0')
  })
})
