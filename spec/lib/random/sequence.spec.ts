import { expect, it } from 'vitest'
import { sequence } from '#lib/random/sequence.js'

it('sequence returns the numbers of a key one after another', () => {
  const next = sequence((place) => place / 10)
  expect([next(), next(), next()]).toEqual([0, 0.1, 0.2])
})
