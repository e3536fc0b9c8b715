import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { aggregations } from '#lib/objective/aggregations.js'
import { ppoClip, type PpoClipOptions } from '#lib/objective/ppo-clip.js'
import { expectClose } from '../compute/reference/close.js'
import { losses } from './tokens.js'

/** Clipped to [0.75, 1.5], bounds that float32 holds exactly. */
const options: PpoClipOptions = { clipLow: 0.25, clipHigh: 0.5 }
const at = (ratio: number, advantage: number) => ({ logprob: Math.log(ratio) - 1, old: -1, advantage })

const check = (
  objective: PpoClipOptions,
  ratio: number,
  advantage: number,
  expected: { readonly loss: number; readonly slope: number; readonly clipped: number },
) => {
  const found = losses(ppoClip(objective), [at(ratio, advantage)])
  expectClose(found.ratio, [ratio], 1e-14)
  expectClose(found.loss, [expected.loss], 1e-14)
  expectClose(found.slope, [expected.slope], 1e-14)
  expect(found.clipped).toEqual([expected.clipped])
}

describe('ppoClip', () => {
  it.each([
    // Inside the bounds the loss is -ratio A, and so is its derivative by the log-prob.
    { name: 'inside, A > 0', ratio: 1.25, advantage: 2, loss: -2.5, slope: -2.5, clipped: 0 },
    { name: 'inside, A < 0', ratio: 1.25, advantage: -2, loss: 2.5, slope: 2.5, clipped: 0 },
    { name: 'at the lower bound, A < 0', ratio: 0.8, advantage: -2, loss: 1.6, slope: 1.6, clipped: 0 },
    // Beyond the bound in the direction of the advantage there is no gradient.
    { name: 'clipped high, A > 0', ratio: 2, advantage: 2, loss: -3, slope: 0, clipped: 1 },
    { name: 'clipped low, A < 0', ratio: 0.5, advantage: -2, loss: 1.5, slope: 0, clipped: 1 },
    // Outside the bounds, against the direction of the advantage: the full gradient.
    { name: 'low, A > 0', ratio: 0.5, advantage: 2, loss: -1, slope: -1, clipped: 0 },
    { name: 'high, A < 0', ratio: 2, advantage: -2, loss: 4, slope: 4, clipped: 0 },
    // The dual clip of 3 bounds the loss of A < 0 at -3 A.
    { name: 'dual clip', ratio: 5, advantage: -2, loss: 6, slope: 0, clipped: 0 },
    { name: 'far high, A > 0: no dual clip', ratio: 5, advantage: 2, loss: -3, slope: 0, clipped: 1 },
    { name: 'no advantage', ratio: 5, advantage: 0, loss: 0, slope: 0, clipped: 0 },
  ])('$name', ({ ratio, advantage, ...expected }) => {
    check(options, ratio, advantage, expected)
  })

  it('takes another dual clip, or none', () => {
    check({ ...options, dualClip: null }, 5, -2, { loss: 10, slope: 10, clipped: 0 })
    check({ ...options, dualClip: 2 }, 2.5, -2, { loss: 4, slope: 0, clipped: 0 })
    check({ ...options, dualClip: 2 }, 1.75, -2, { loss: 3.5, slope: 3.5, clipped: 0 })
  })

  it('clips to [0.8, 1.2] with a dual clip of 3 by default', () => {
    const { loss } = losses(ppoClip(), [at(1.3, 1), at(0.7, -1), at(4, -1)])
    expectClose(loss, [-1.2, 0.8, 3], 1e-7)
    expect(ppoClip()).toMatchObject({
      name: 'ppo-clip',
      aggregation: aggregations['token-mean'].create(),
      minibatches: 1,
    })
    expect(ppoClip({ aggregation: 'seq-mean-token-mean', minibatches: 4 })).toMatchObject({
      aggregation: aggregations['seq-mean-token-mean'].create(),
      minibatches: 4,
    })
  })

  const anyLogprob = fc.integer({ min: -64, max: 0 }).map((n) => n / 8)
  const anyAdvantage = fc.integer({ min: -40, max: 40 }).map((n) => n / 8)

  test.prop([fc.array(fc.tuple(anyLogprob, anyAdvantage), { minLength: 1, maxLength: 5 })])(
    'has the gradient of the policy gradient at ratio 1',
    (tokens) => {
      const found = losses(
        ppoClip(),
        tokens.map(([logprob, advantage]) => ({ logprob, old: logprob, advantage })),
      )
      const negated = tokens.map(([, advantage]) => -advantage)
      expect(found.ratio.every((ratio) => ratio === 1)).toBe(true)
      expect(found.clipped.every((clipped) => clipped === 0)).toBe(true)
      // Negative zero counts as zero.
      expectClose(found.loss, negated, 0)
      expectClose(found.slope, negated, 0)
    },
  )

  test.prop([anyLogprob, anyLogprob, anyAdvantage])(
    'is a pessimistic bound: never below the unclipped loss, except by the dual clip',
    (logprob, old, advantage) => {
      const token = { logprob, old, advantage }
      const plain = -Math.exp(logprob - old) * advantage
      const unbounded = losses(ppoClip({ ...options, dualClip: null }), [token])
      expect(unbounded.loss[0]!).toBeGreaterThanOrEqual(plain - 1e-12 * Math.abs(plain))
      const bounded = losses(ppoClip(options), [token])
      const most = advantage < 0 ? -3 * advantage : Infinity
      expect(bounded.loss[0]!).toBe(Math.min(unbounded.loss[0]!, most))
    },
  )

  test.prop([anyLogprob, anyLogprob, anyAdvantage])(
    'has no gradient exactly where it reports a clip',
    (logprob, old, advantage) => {
      const { clipped, slope } = losses(ppoClip({ ...options, dualClip: null }), [{ logprob, old, advantage }])
      expect(clipped[0] === 1).toBe(slope[0] === 0 && advantage !== 0)
    },
  )
})
