import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { admitResponses, admitTokens } from '#lib/entropy/filter/admit.js'
import { filters } from '#lib/entropy/filter/index.js'
import { anyBatch, anyState } from '../batches.js'

const anyExcluding = fc.tuple(anyBatch, fc.infiniteStream(fc.boolean())).map(([batch, excluded]) => ({
  ...batch,
  advantages_B: batch.advantages_B.map((A) => (excluded.next().value ? NaN : A)),
}))

describe('an excluded response', () => {
  test.prop([anyState, anyExcluding])('never trains, and the callback is not called for it', (state, batch) => {
    for (const admit of [admitTokens, admitResponses]) {
      const asked = new Set<number>()
      const { accepted_B, mask_BT } = admit(state, batch, (b) => asked.add(b).has(b))
      batch.advantages_B.forEach((advantage, b) => {
        expect(accepted_B[b]).toBe(!Number.isNaN(advantage))
        expect(asked.has(b)).toBe(!Number.isNaN(advantage))
        if (Number.isNaN(advantage))
          expect(mask_BT.subarray(b * batch.width, (b + 1) * batch.width).every((bit) => bit === 0)).toBe(true)
      })
    }
  })

  test.prop([anyState, anyExcluding])('does not change whether other responses are accepted', (state, batch) => {
    const idle = { ...batch, advantages_B: batch.advantages_B.map((A) => (Number.isNaN(A) ? 0 : A)) }
    for (const name of ['sign', 'predicted', 'predicted-token'] as const) {
      const [found, without] = [batch, idle].map((given) => filters[name].create().admit(state, given).accepted_B)
      expect(found).toEqual(without!.map((accepted, b) => accepted && !Number.isNaN(batch.advantages_B[b])))
    }
  })
})
