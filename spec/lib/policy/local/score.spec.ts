import { fc, test } from '@fast-check/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scoreMatrices } from '#lib/batch/score-matrices.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { weightFeed } from '#lib/model/weights.js'
import { supervised } from '#lib/objective/supervised.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import { type LocalModel, localModel } from '#lib/policy/local/local-model.js'
import type { Batch, Response } from '#lib/rollout/batch.js'
import type { Scores } from '#lib/rollout/scores.js'
import { anEmptyBatch } from '#testing.js'
import { expectClose } from '../../compute/reference/close.js'
import { fullScores } from '../../model/full-pass.js'
import {
  aBatchOf,
  accepted,
  all,
  checkpoint,
  config,
  failAt,
  only,
  promptOf,
  promptsOf,
  rewarded,
  runsAfterUnsubscribing,
  sampling,
  tokenizer,
  watched,
  withModel,
  expectCloseScores,
} from './tiny.js'
import { orThrow } from '#lib/or-throw.js'

const engine = watched(await inWorker('onnx', { threads: 1 }))
let model: LocalModel
let scores: Scores
const batch = aBatchOf([5, 1, 9, 3, 12, 2, 7, 4, 6, 8])
beforeAll(async () => {
  model = await orThrow(localModel({ engine, checkpoint, tokenizer, learningRate: constantRate(1e-2) }))
  scores = await only(model.policy.score(batch))
})
afterAll(() => engine.close())

/** Path of each statistic in the scores. */
const statistics = {
  logprob: 'logprobs_BT',
  entropy: 'entropy_BT',
  s: 'distribution.s_BT',
  expectedS: 'distribution.expectedS_BT',
  squares: 'distribution.squares_BT',
} as const

/** Scores of one response alone without padding: the last `length` positions predict its completion. */
const scoredAlone = async ({ prompt, completion }: Response) => {
  const whole = [...prompt.tokens, ...completion.tokens]
  const length = whole.length - 1
  const row = (tokens: readonly number[]) => ({ shape: [1, length], data: Int32Array.from(tokens) })
  const executable = await engine.compile(fullScores(config, 1, length))
  const feed = {
    ...weightFeed(checkpoint.weights),
    tokens: row(whole.slice(0, -1)),
    targets: row(whole.slice(1)),
  }
  const { host } = await executable.run(feed, Object.keys(statistics))
  executable.dispose()
  return host
}

describe('scoring', () => {
  it('gives the scores of each response alone, and zeros after its end', async () => {
    const matrices = new Map(scoreMatrices(scores))
    expect([...matrices.keys()]).toEqual(Object.values(statistics))
    for (const [b, response] of batch.responses.entries()) {
      const alone = await scoredAlone(response)
      const count = response.completion.tokens.length
      for (const [name, path] of Object.entries(statistics)) {
        const row = matrices.get(path)!.subarray(b * batch.width, (b + 1) * batch.width)
        expectClose(row.subarray(0, count), alone[name]!.data.subarray(-count), 1e-5)
        expect([...row.subarray(count)]).toEqual(new Array(batch.width - count).fill(0))
      }
    }
    for (const matrix_BT of matrices.values()) expect(matrix_BT).toHaveLength(batch.responses.length * batch.width)
  })

  test.prop([fc.integer({ min: 1, max: 12 })], { numRuns: 6 })(
    'gives the same numbers for micro-batches of any size',
    async (microBatch) => {
      const before = engine.runs.length
      const found = await withModel(engine, ({ policy }) => only(policy.score(batch)), { microBatch })
      expect(engine.runs.length - before).toBe(Math.ceil(batch.responses.length / microBatch))
      expectCloseScores(found, scores, 1e-5)
    },
  )

  it('reads the tokens of the completion, not its log-probabilities from sampling', async () => {
    const responses = batch.responses.map((response) => ({
      ...response,
      completion: { ...response.completion, logprobs_T: response.completion.logprobs_T.map(() => -7), version: 9 },
    }))
    expect(await only(model.policy.score({ ...batch, responses }))).toEqual(scores)
  })

  describe('completions that the same weights sampled', () => {
    const how = { ...sampling, group: 3, temperature: 0.7, topK: 5, topP: 0.9 }
    const drawnBatch = async ({ policy }: LocalModel) =>
      rewarded(await all(policy.sample(promptsOf(['1+', '23']), how)))
    /** Copies of the responses, which have no record of sampling. */
    const copied = (of: Batch): Batch => ({
      ...of,
      responses: of.responses.map((response) => ({ ...response, completion: { ...response.completion } })),
    })
    const runsOf = async <A>(work: () => Promise<A>) => {
      const before = engine.runs.length
      return { result: await work(), runs: engine.runs.length - before }
    }

    it('are scored from the record of sampling, without a run', async () => {
      await withModel(engine, async (model) => {
        const drawn = await drawnBatch(model)
        const remembered = await runsOf(() => only(model.policy.score(drawn)))
        const read = await runsOf(() => only(model.policy.score(copied(drawn))))
        expect([remembered.runs, read.runs]).toEqual([0, 1])
        expect(remembered.result.version).toBe(0)
        expectCloseScores(remembered.result, read.result, 1e-5)
      })
    })

    it('are scored from the record, and other completions in a run', async () => {
      await withModel(engine, async (model) => {
        const drawn = await drawnBatch(model)
        const half = {
          ...drawn,
          responses: drawn.responses.map((r, b) => (b % 2 === 0 ? copied(drawn).responses[b]! : r)),
        }
        const { result, runs } = await runsOf(() => only(model.policy.score(half)))
        expect(runs).toBe(1)
        const read = await only(model.policy.score(copied(drawn)))
        expectCloseScores(result, read, 1e-5)
      })
    })

    it('are read again for other weights and after another prompt', async () => {
      await withModel(engine, async (model) => {
        const drawn = await drawnBatch(model)
        const elsewhere = drawn.responses.map((response) => ({ ...response, prompt: promptOf('9') }))
        expect((await runsOf(() => only(model.policy.score({ ...drawn, responses: elsewhere })))).runs).toBe(1)
        await only(model.learner.update(accepted(drawn, await only(model.policy.score(drawn))), supervised()))
        const later = await runsOf(() => only(model.policy.score(drawn)))
        expect([later.runs, later.result.version]).toEqual([1, 1])
      })
    })
  })

  it('reports the version of the weights', async () => {
    await withModel(engine, async ({ policy, learner }) => {
      expect(await only(policy.score(batch))).toEqual({ ...scores, version: 0 })
      await only(learner.update(accepted(batch, scores), supervised()))
      const later = await only(policy.score(batch))
      expect([later.version, policy.version]).toEqual([1, 1])
      expect(later.logprobs_BT).not.toEqual(scores.logprobs_BT)
    })
  })

  it('returns empty matrices for an empty batch, without a run', async () => {
    const before = engine.runs.length
    const none = new Float32Array()
    expect(await only(model.policy.score(anEmptyBatch()))).toEqual({
      version: 0,
      method: 'exact',
      logprobs_BT: none,
      entropy_BT: none,
      distribution: { s_BT: none, expectedS_BT: none, squares_BT: none },
    })
    expect(engine.runs.length).toBe(before)
  })

  it('unsubscribing stops within one micro-batch and frees everything', async () => {
    await withModel(
      engine,
      async ({ policy }) => {
        const before = await engine.memory()
        for (const run of [0, 1, 2, 3]) {
          expect(await runsAfterUnsubscribing(engine, run, policy.score(batch))).toHaveLength(1)
          expect(await engine.memory()).toEqual(before)
        }
      },
      { microBatch: 3 },
    )
  })

  it('a failed run frees everything, and the next call succeeds', async () => {
    await withModel(
      engine,
      async ({ policy }) => {
        const before = await engine.memory()
        for (const run of [0, 3]) {
          await failAt(engine, run, () => policy.score(batch))
          expect(await engine.memory()).toEqual(before)
        }
        expectClose((await only(policy.score(batch))).logprobs_BT, scores.logprobs_BT, 1e-5)
        expect(await engine.memory()).toEqual(before)
      },
      { microBatch: 3 },
    )
  })
})
