import { afterAll, describe, expect, it } from 'vitest'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { clipCov } from '#lib/objective/clip-cov.js'
import { clipV } from '#lib/objective/clip-v.js'
import { gspoClipCov } from '#lib/objective/gspo-clip-cov.js'
import { gspo } from '#lib/objective/gspo.js'
import { klCov } from '#lib/objective/kl-cov.js'
import type { Minibatch } from '#lib/objective/minibatch.js'
import type { Objective } from '#lib/objective/objective.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { compilingOnce } from './compiling-once.js'
import { expectRelative } from '../../compute/reference/close.js'
import { aBatchOf, accepted, only, snapshotOf, watched, withModel } from './tiny.js'

const engine = watched(compilingOnce(await inWorker('onnx', { threads: 1 })))
afterAll(() => engine.close())

const batch = aBatchOf([5, 1, 9, 3, 12, 2, 7])
const scored = await withModel(engine, async ({ policy }) => accepted(batch, await only(policy.score(batch))))

/** Minibatches that an objective's `marks` received. */
const spied = (minibatches: number) => {
  const seen: Minibatch[] = []
  const objective: Objective = {
    ...ppoClip({ minibatches }),
    marks: (minibatch) => {
      seen.push(minibatch)
      return new Uint8Array(minibatch.batch.mask_BT.length)
    },
  }
  return { seen, objective }
}

describe('an objective with marks', () => {
  it('gets the scores of the batch for the first minibatch, and scores by the current weights for later ones', async () => {
    const { seen, objective } = spied(3)
    await withModel(engine, ({ learner }) => only(learner.update(scored, objective)))
    expect(seen.map(({ rows: members, count: of }) => [members.length, of])).toEqual([
      [3, 3],
      [3, 3],
      [1, 3],
    ])
    expect(seen[0]!.scores).toBe(scored.scores)
    const moved = ({ rows: members, scores }: Minibatch) =>
      members.some((b) => scores.logprobs_BT[b * batch.width] !== scored.scores.logprobs_BT[b * batch.width])
    expect(seen.slice(1).map(moved)).toEqual([true, true])
  })

  it('without marks, later minibatches are not scored', async () => {
    const before = engine.runs.length
    await withModel(engine, ({ learner }) => only(learner.update(scored, ppoClip({ minibatches: 3 }))))
    expect(engine.runs.slice(before).some((run) => run.startsWith('score'))).toBe(false)
  })

  it('draws by key: equal for the same minibatch, different for another', async () => {
    const [first, second] = [spied(2), spied(2)]
    for (const { objective } of [first, second])
      await withModel(engine, ({ learner }) => only(learner.update(scored, objective)))
    const drawn = (seen: readonly Minibatch[]) => seen.map(({ draw }) => draw(0))
    expect(drawn(first.seen)).toEqual(drawn(second.seen))
    expect(new Set(drawn(first.seen)).size).toBe(2)
  })
})

describe('micro-batches of any size make the same update', () => {
  const use = { minibatches: 2 }
  it.each([
    gspo(use),
    clipCov({ ...use, covLow: 0, covRatio: 0.2 }),
    gspoClipCov({ ...use, covLow: 0, covRatio: 0.2 }),
    klCov({ ...use, covShare: 0.2 }),
    clipV({ ...use, mu: 0.1, maxShare: 0.2 }),
  ])('$name', async (objective) => {
    const updatedBy = (microBatch: number) =>
      withModel(
        engine,
        async ({ learner }) => {
          const report = await only(learner.update(scored, objective))
          return { report, parameters: (await snapshotOf(learner)).parameters }
        },
        { microBatch },
      )
    const [whole, cut] = [await updatedBy(64), await updatedBy(2)]
    for (const [name, { data }] of whole.parameters) expectRelative(cut.parameters.get(name)!.data, data, 2e-4)
    const marked = ({ report }: typeof whole) => (report.status === 'updated' ? report.markedFraction : NaN)
    expect(marked(cut)).toBe(marked(whole))
    if (objective.marks !== undefined) expect(marked(whole)).toBeGreaterThan(0)
  })
})

describe('tokens that clip-cov counts as clipped', () => {
  it('depend on the clip range of the batch if a controller changed it', () => {
    const { marks } = clipCov({ covLow: -1e30, covHigh: 1e30, covRatio: 1, clipLow: 1e9, clipHigh: 1e9 })
    // The probability of every token has doubled, and halved.
    const marked = (clip: Readonly<Record<string, number>> | undefined, shift: number) => {
      const controlled = { controller: 'a test', memory: {}, scalars: clip ?? {} }
      const moved = { ...scored.scores, logprobs_BT: scored.scores.logprobs_BT.map((x) => x + shift) }
      const minibatch: Minibatch = {
        batch: clip === undefined ? scored : { ...scored, controlled },
        rows: [...batch.responses.keys()],
        count: 1,
        scores: moved,
        draw: (i) => i,
      }
      return marks!(minibatch).filter((mark) => mark === 1).length
    }
    const all = scored.mask_BT.filter((mark) => mark === 1).length
    const lengths = batch.responses.map(({ completion }) => completion.tokens.length)
    const tokens = (sign: number) =>
      lengths.reduce((sum, length, b) => sum + (Math.sign(batch.advantages_B[b]!) === sign ? length : 0), 0)
    expect(marked(undefined, Math.LN2)).toBe(all)
    expect(marked({ clipHigh: 0.5 }, Math.LN2)).toBe(all - tokens(1))
    expect(marked({ clipLow: 0.4 }, -Math.LN2)).toBe(all - tokens(-1))
  })
})
