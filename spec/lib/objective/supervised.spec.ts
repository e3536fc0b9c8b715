import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { aggregations } from '#lib/objective/aggregations.js'
import { supervised } from '#lib/objective/supervised.js'
import { losses } from './tokens.js'

const logprob = fc.integer({ min: -64, max: 0 }).map((n) => n / 8)
const anyToken = fc.record({ logprob, old: logprob, advantage: fc.integer({ min: -5, max: 5 }) })

describe('supervised', () => {
  test.prop([fc.array(anyToken, { minLength: 1, maxLength: 5 })])(
    'is the negative log-likelihood, whatever the advantage and the old log-prob',
    (tokens) => {
      const { loss, slope, clipped, ratio } = losses(supervised(), tokens)
      expect(loss).toEqual(tokens.map((token) => -token.logprob))
      expect(slope).toEqual(tokens.map(() => -1))
      expect(clipped).toEqual(tokens.map(() => 0))
      expect(ratio).toEqual(tokens.map(() => 1))
    },
  )

  it('uses a batch once, every token as much as any other', () => {
    expect(supervised()).toMatchObject({
      name: 'supervised',
      aggregation: aggregations['token-mean'].create(),
      minibatches: 1,
    })
  })
})
