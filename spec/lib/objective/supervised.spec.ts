import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { aggregations } from '#lib/objective/aggregations.js'
import { supervised } from '#lib/objective/supervised.js'
import { losses } from './tokens.js'

const logprob = fc.integer({ min: -64, max: 0 }).map((n) => n / 8)
const anyToken = fc.record({ logprob, old: logprob, advantage: fc.integer({ min: -5, max: 5 }) })

describe('supervised', () => {
  test.prop([fc.array(anyToken, { minLength: 1, maxLength: 5 })])(
    'is the negative log-likelihood for any advantage and any old log-prob',
    (tokens) => {
      const { loss, slope, clipped, ratio } = losses(supervised(), tokens)
      expect(loss).toEqual(tokens.map((token) => -token.logprob))
      expect(slope).toEqual(tokens.map(() => -1))
      expect(clipped).toEqual(tokens.map(() => 0))
      expect(ratio).toEqual(tokens.map(() => 1))
    },
  )

  it('takes one optimiser step per batch, with equal weights for all tokens', () => {
    expect(supervised()).toMatchObject({
      name: 'supervised',
      aggregation: aggregations['token-mean'].create(),
      minibatches: 1,
    })
  })
})
