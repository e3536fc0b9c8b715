import { describe, expect, it } from 'vitest'
import { estimators } from '#lib/advantage/index.js'
import { controllers } from '#lib/entropy/controller/index.js'
import { filters } from '#lib/entropy/filter/index.js'
import { schedules } from '#lib/entropy/schedule/index.js'
import { aggregations } from '#lib/objective/aggregations.js'
import { corrections } from '#lib/objective/corrections.js'
import { objectives } from '#lib/objective/index.js'
import { lookUp, type RegistryEntry } from '#lib/registry.js'

const registries: readonly Readonly<Record<string, RegistryEntry<unknown>>>[] = [
  estimators,
  controllers,
  filters,
  schedules,
  aggregations,
  corrections,
  objectives,
]
const entries = registries.flatMap((registry) => Object.entries(registry))

describe('registries', () => {
  it.each(entries)('%s has a phrase of its own: lower case, no full stop', (_, { about }) => {
    expect(about).toMatch(/^[^A-Z].*[^.]$/)
  })

  it('use no phrase twice', () => {
    const phrases = entries.map(([, { about }]) => about)
    expect(new Set(phrases).size).toBe(phrases.length)
  })
})

describe('lookUp', () => {
  it('finds the row of a name, and none under a name that every object has', () => {
    expect(lookUp(filters, 'sign')).toBe(filters.sign)
    for (const name of ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'nothing'])
      expect(lookUp(filters, name)).toBeUndefined()
  })
})

describe('schedules', () => {
  it('make the band of a step from a plan', () => {
    const band = { low: 0.4, high: 0.6 }
    const ramp = { from: band, to: band, steps: 10 }
    expect(schedules.constant.create(band)(3)).toEqual(band)
    expect(schedules.linear.create(ramp)(10)).toEqual(band)
    expect(schedules.cosine.create(ramp)(10)).toEqual(band)
    expect(schedules.piecewise.create([{ step: 0, band }])(3)).toEqual(band)
    expect(schedules.falling.create({ entropy: 11, steps: 2 })(0)).toEqual({ low: 10, high: 12 })
  })
})
