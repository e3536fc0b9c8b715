import fc from 'fast-check'
import { expect, test } from 'vitest'
import { align, arenaOf } from '#lib/compute/engine/webgpu/plan/arena.js'

const lifetimes = fc.array(
  fc
    .record({ bytes: fc.integer({ min: 1, max: 5000 }), first: fc.nat(30), length: fc.nat(10) })
    .map(({ bytes, first, length }) => ({ bytes, first, last: first + length })),
  { maxLength: 40 },
)

test('values that are alive at the same time do not overlap, and lie where a binding may begin', () => {
  fc.assert(
    fc.property(lifetimes, (values) => {
      const { offsets, bytes, bound } = arenaOf(values)
      expect(bytes).toBeGreaterThanOrEqual(bound)
      values.forEach((a, i) => {
        expect(offsets[i]! % 256).toBe(0)
        expect(offsets[i]! + a.bytes).toBeLessThanOrEqual(bytes)
        values.slice(0, i).forEach((b, j) => {
          if (a.first > b.last || b.first > a.last) return
          const isApart = offsets[i]! + align(a.bytes) <= offsets[j]! || offsets[j]! + align(b.bytes) <= offsets[i]!
          expect(isApart).toBe(true)
        })
      })
    }),
  )
})

test('values that are never alive together share their memory', () => {
  const { bytes, bound } = arenaOf([
    { bytes: 1000, first: 0, last: 1 },
    { bytes: 1000, first: 2, last: 3 },
  ])
  expect({ bytes, bound }).toEqual({ bytes: 1024, bound: 1024 })
})
