import { from, lastValueFrom, map, toArray } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { entropyEstimate } from '#lib/entropy/entropy-estimate.js'
import { predictedToken } from '#lib/entropy/filter/predicted-token.js'
import { sampledScores } from '#lib/entropy/scores/sampled-scores.js'
import { type TopLogprobs, topKScores } from '#lib/entropy/scores/top-k-scores.js'
import { weightFeed } from '#lib/model/weights.js'
import type { Policy } from '#lib/policy/policy.js'
import type { Batch } from '#lib/rollout/batch.js'
import type { ExactScores, Scores } from '#lib/rollout/scores.js'
import { algorithms } from '#pipelines/algorithms/index.js'
import { anEntropyState, fixedVerifier } from '#testing.js'
import { expectClose } from '../../compute/reference/close.js'
import { fullPass } from '../../model/full-pass.js'
import {
  all,
  checkpoint,
  config,
  expectCloseScores,
  only,
  promptOf,
  promptsOf,
  rewarded,
  sampling,
  withModel,
} from './tiny.js'

const engine = await inWorker('onnx', { threads: 1 })
afterAll(() => engine.close())

const BATCHES = 40
const V = config.vocabulary
const texts = ['1+', '23', '7+8', '4']
/** Positions of the longest prompt and completion, without the last one, which predicts nothing. */
const LENGTH = 3 + sampling.maxTokens - 1

interface Scored {
  readonly batch: Batch
  readonly exact: ExactScores
  /** Log-probs of all tokens at each position of each completion. @shape [B][T V] */
  readonly logprobs: readonly (readonly number[])[]
}

/** Batches that the local model sampled and scored, with its whole distributions. */
const scored: Scored[] = []
beforeAll(async () => {
  const program = await engine.compile(fullPass(config, texts.length * sampling.group, LENGTH))
  await withModel(engine, async ({ policy }) => {
    for (let step = 0; step < BATCHES; step++) {
      const batch = rewarded(await all(policy.sample(promptsOf(texts, step), sampling)))
      const exact = (await only(policy.score(batch))) as ExactScores
      const tokens = batch.responses.flatMap(({ prompt, completion }) => {
        const whole = [...prompt.tokens, ...completion.tokens].slice(0, LENGTH)
        return [...whole, ...new Array<number>(LENGTH - whole.length).fill(0)]
      })
      const shape = [batch.responses.length, LENGTH]
      const feed = { ...weightFeed(checkpoint.weights), tokens: { shape, data: Int32Array.from(tokens) } }
      const { host } = await program.run(feed, ['logits'])
      const logits = host['logits']!.data
      const logprobs = batch.responses.map(({ prompt, completion }, b) =>
        Array.from(completion.tokens).flatMap((_, t) => {
          const position = b * LENGTH + prompt.tokens.length - 1 + t
          return logSoftmax(Array.from(logits.subarray(position * V, (position + 1) * V)))
        }),
      )
      scored.push({ batch, exact, logprobs })
    }
  })
  program.dispose()
}, 120_000)

const logSoftmax = (logits: readonly number[]) => {
  const top = Math.max(...logits)
  const logz = top + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0))
  return logits.map((logit) => logit - logz)
}

/** Log-probs of the sampled tokens, one row for each response. */
const rowsOf = ({ responses, width }: Batch, { logprobs_BT }: Scores) =>
  responses.map(({ completion }, b) => logprobs_BT.subarray(b * width, b * width + completion.tokens.length))

const topOf = (logprobs_TV: readonly number[], k: number): TopLogprobs => {
  const top = Array.from({ length: logprobs_TV.length / V }, (_, t) =>
    [...logprobs_TV.slice(t * V, (t + 1) * V).entries()].toSorted(([, a], [, b]) => b - a).slice(0, k),
  ).flat()
  return { tokens_TK: top.map(([token]) => token), logprobs_TK: top.map(([, logprob]) => logprob) }
}

const topKOf = ({ batch, exact, logprobs }: Scored, k: number) =>
  topKScores(batch, exact.version, {
    k,
    vocabulary: V,
    logprobs: rowsOf(batch, exact),
    top: logprobs.map((logprobs_TV) => topOf(logprobs_TV, k)),
  })

describe('scores of the local model', () => {
  it('from sampled log-probs are within a few standard errors of the exact entropy', () => {
    const distances = scored.map(({ batch, exact }) => {
      const { entropy: truth } = entropyEstimate({ ...batch, scores: exact })
      const scores = sampledScores(batch, exact.version, rowsOf(batch, exact))
      const { entropy, entropyError } = entropyEstimate({ ...batch, scores })
      expect(entropyError).toBeLessThan(truth / 4)
      return (entropy - truth) / entropyError!
    })
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(Math.max(...distances.map(Math.abs))).toBeLessThan(4)
    expect(Math.abs(mean(distances))).toBeLessThan(3 / Math.sqrt(BATCHES))
    expect(mean(distances.map((z) => z * z))).toBeLessThan(1.5)
    expect(mean(distances.map((z) => z * z))).toBeGreaterThan(0.3)
  })

  it.each([1, 2, 4, 8])('from the %i most probable tokens contain the exact entropy in their bounds', (k) => {
    for (const each of scored) {
      const { batch, exact } = each
      const found = topKOf(each, k)
      for (const [place, error] of found.entropyError_BT.entries())
        expect(Math.abs(found.entropy_BT[place]! - exact.entropy_BT[place]!)).toBeLessThanOrEqual(error + 1e-4)
      const { entropy: truth } = entropyEstimate({ ...batch, scores: exact })
      const { entropy, entropyError } = entropyEstimate({ ...batch, scores: found })
      expect(Math.abs(entropy - truth)).toBeLessThanOrEqual(entropyError! + 1e-4)
    }
  })

  it('have a smaller error the more tokens are known', () => {
    const errorOf = (k: number) => entropyEstimate({ ...scored[0]!.batch, scores: topKOf(scored[0]!, k) }).entropyError!
    const errors = [1, 2, 4, 8, V].map(errorOf)
    expect(errors).toEqual(errors.toSorted((a, b) => b - a))
    expect(errors.at(-1)).toBe(0)
  })

  it('from all tokens are the exact ones, and reject the same tokens', () => {
    for (const each of scored.slice(0, 8)) {
      const { batch, exact } = each
      const { entropyError_BT, ...found } = topKOf(each, V)
      expect(Math.max(...entropyError_BT)).toBe(0)
      expectCloseScores({ ...found, method: 'exact' }, exact, 1e-4)
      const state = anEntropyState(0, { drift: 1 })
      const masks = [exact, topKOf(each, V)].map(
        (scores) => predictedToken().admit(state, { ...batch, scores }).mask_BT,
      )
      // The sign of a change near 0 may differ by rounding.
      expectClose([masks[0]!.filter((bit, i) => bit !== masks[1]![i]).length / masks[0]!.length], [0], 0.02)
    }
  })
})

/**
 * The policy as a server has it that returns nothing but log-probs of sampled tokens. The exact entropies, under the same weights, are
 * recorded.
 */
const likeServer = (policy: Policy, exact: number[]): Policy => ({
  get version() {
    return policy.version
  },
  scoreMethod: 'sampled',
  sample: (prompts, how) => policy.sample(prompts, how),
  score: (batch) =>
    from(policy.score(batch)).pipe(
      map((scores) => {
        exact.push(entropyEstimate({ ...batch, scores }).entropy)
        return sampledScores(batch, scores.version, rowsOf(batch, scores))
      }),
    ),
})

describe('a run with sampled scores', () => {
  it.each([1, 2])(
    'filters by an entropy within its error of the exact one, with %i batches in flight',
    async (inFlight) => {
      const exact: number[] = []
      const reports = await withModel(engine, async ({ policy, learner }) => {
        const run$ = algorithms.entrocraft.create(
          {
            policy: likeServer(policy, exact),
            learner,
            verifier: fixedVerifier(({ tokens }) => (tokens[0]! % 2 === 0 ? 1 : -1)),
            rewardScale: 'signed',
            prompts: Array.from({ length: 24 }, (_, n) => promptOf(`${n}+`)),
          },
          {
            band: () => ({ low: 0, high: 0.5 }),
            sampling: { group: 8, maxTokens: 8, seed: 3 },
            demand: { prompts: 4, inFlight },
          },
        )
        return lastValueFrom(run$.pipe(toArray()))
      })
      expect(reports).toHaveLength(6)
      expect(exact).toHaveLength(6)
      for (const [step, { entropy, accepted }] of reports.entries()) {
        expect(entropy.scoreMethod).toBe('sampled')
        expect(Math.abs(entropy.entropy - exact[step]!)).toBeLessThan(4 * entropy.entropyError!)
        // Above the band the filter rejects negative advantages.
        expect([entropy.drift, accepted.negative]).toEqual([1, 0])
      }
    },
  )
})
