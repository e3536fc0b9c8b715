import { EMPTY, from, lastValueFrom, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { klToBase, measuredPolicy, predictedChanges } from '#bench/paper/monitor.js'
import { predictedChange_B } from '#lib/entropy/predicted-change.js'
import type { Batch } from '#lib/rollout/batch.js'
import type { Scores } from '#lib/rollout/scores.js'
import { sum } from '#lib/statistics.js'
import { aMeasuredBatch } from '#testing.js'

const withLogprobs = ({ scores }: { readonly scores: Scores }, logprob: number): Scores => ({
  ...scores,
  logprobs_BT: scores.logprobs_BT.map((value) => (value === 0 ? 0 : logprob)),
})

describe('the predicted changes of a batch', () => {
  it('add up to the change of the whole batch, right and wrong responses apart', () => {
    const batch = aMeasuredBatch(0, [2, -1, 0, NaN])
    const tokens = sum(batch.responses.map(({ completion }) => completion.tokens.length))
    for (const [prediction, right, wrong] of [
      ['s-form', 'changeOfRight', 'changeOfWrong'],
      ['covariance', 'covarianceOfRight', 'covarianceOfWrong'],
    ] as const) {
      const changes = predictedChanges(batch, batch.scores)
      const change_B = predictedChange_B(batch, prediction)
      expect(changes[right]).toBeCloseTo(change_B[0]! / tokens, 12)
      expect(changes[wrong]).toBeCloseTo(change_B[1]! / tokens, 12)
    }
  })

  it('are positive for wrong answers of likely tokens, and negative for those of unlikely tokens', () => {
    const batch = aMeasuredBatch(0, [1, -1], 0.5)
    expect(predictedChanges(batch, withLogprobs(batch, -0.1)).covarianceOfWrong).toBeGreaterThan(0)
    expect(predictedChanges(batch, withLogprobs(batch, -3)).covarianceOfWrong).toBeLessThan(0)
  })
})

describe('the KL divergence to the base model', () => {
  const batch = aMeasuredBatch()

  it('is 0 for the same scores, and e^d - 1 - d for scores that differ by d', () => {
    expect(klToBase(batch, batch.scores, batch.scores)).toBe(0)
    const [learner, base] = [withLogprobs(batch, -1), withLogprobs(batch, -1.5)]
    expect(klToBase(batch, learner, base)).toBeCloseTo(Math.exp(-0.5) - 1 + 0.5, 6)
  })
})

describe('a measured policy', () => {
  const scored: number[] = []
  const policyOf = (batch: { readonly scores: Scores }) => ({
    version: 0,
    sample: () => EMPTY,
    score: ({ step }: Batch) => {
      scored.push(step)
      return of(batch.scores)
    },
  })

  it('scores as the policy does, measures every batch, and the base model every few', async () => {
    const batches = [0, 1, 2, 3, 4].map((step) => aMeasuredBatch(step))
    const inner = policyOf(batches[0]!)
    const { policy, measurements } = measuredPolicy(inner, { base: inner, every: 2 })
    for (const batch of batches) expect(await lastValueFrom(from(policy.score(batch)))).toBe(batches[0]!.scores)
    expect([...measurements.changes.keys()]).toEqual([0, 1, 2, 3, 4])
    expect(measurements.kl).toEqual([0, 0, 0])
    expect(scored).toEqual([0, 0, 1, 2, 2, 3, 4, 4])
  })
})
