import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { growRange, padRange, stepIntervals } from '#dashboard/view/axis.js'

describe('the ends of an axis', () => {
  test.each<[string, Parameters<typeof padRange>, [number, number]]>([
    ['numbers', [1, 2, []], [0.92, 2.08]],
    ['no numbers', [null, null, []], [0, 1]],
    ['no numbers but what it always shows', [null, null, [0, 2]], [0, 2.16]],
    ['one number', [5, 5, []], [4.5, 5.5]],
    ['a zero it begins with', [1, 2, [0]], [0, 2.16]],
    ['a zero it ends with', [-2, -1, [0]], [-2.16, 0]],
    ['a zero it does not end at', [1, 2, [0], false], [-0.16, 2.16]],
  ])('%s', (_, given, [low, high]) => {
    const [from, to] = padRange(...given)
    expect(from).toBeCloseTo(low, 12)
    expect(to).toBeCloseTo(high, 12)
  })

  test('all numbers are between them', () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(number, number, fc.array(number), (a, b, include) => {
        const [from, to] = padRange(Math.min(a, b), Math.max(a, b), include)
        expect(from).toBeLessThan(to)
        for (const one of [a, b, ...include]) expect(one >= from && one <= to).toBe(true)
      }),
    )
  })

  test('stay while a point is dragged between them, and move beyond a point that passes one', () => {
    expect(growRange([0.3, 0.7], [0.35, 0.69])).toEqual([0.3, 0.7])
    const [from, to] = growRange([0.3, 0.7], [0.35, 0.9])
    expect([from, to > 0.9]).toEqual([0.3, true])
    expect(growRange([0.3, 0.7], [0.1, 0.6])[0]).toBeLessThan(0.1)
  })

  test('distances of steps are whole and increase', () => {
    expect(stepIntervals.slice(0, 5)).toEqual([1, 2, 5, 10, 20])
    expect(stepIntervals.every(Number.isInteger)).toBe(true)
  })
})
