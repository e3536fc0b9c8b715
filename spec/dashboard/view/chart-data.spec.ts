import { describe, expect, test } from 'vitest'
import { orderForDrawing, lastNumber, describeChart, namedCurves, ownValue } from '#dashboard/view/chart-data.js'
import type { Curve } from '#dashboard/view/figure.js'

const curve = (label: string, kind: Curve['kind']): Curve => ({ label, kind, colour: 'ink' })
const curves = [curve('low', 'area'), curve('high', 'area'), curve('raw', 'thin'), curve('smooth', 'line')]
const data = {
  steps: [0, 1, 2],
  columns: [
    [1, 2, null],
    [4, 6, null],
    [9, 9, 9],
    [0.5, null, null],
  ],
}

describe('the description of a chart', () => {
  test('names the last number of each curve: the share of a stacked one, and no thin one', () => {
    expect(describeChart('Sums', curves, data)).toBe('Sums at step 1: low 2, high 4, smooth 0.5')
    expect(describeChart('Sums', curves, { steps: [0], columns: [[1], [], [], []] })).toBe(
      'Sums before the first step: low 1',
    )
    expect(describeChart('Sums', curves, { steps: [], columns: [[], [], [], []] })).toBe('Sums: no numbers yet')
  })

  test('leaves out thin and hidden curves', () => {
    expect(namedCurves([...curves, curve('from', 'hidden')])).toEqual([0, 1, 3])
  })

  test('counts a gap below a stacked curve as 0', () => {
    expect(ownValue(curves, 1, (i) => [null, 4][i] ?? null)).toBe(4)
    expect(ownValue(curves, 0, () => null)).toBeNull()
    expect(lastNumber([null, null])).toBeNull()
  })
})

test('stacked areas are drawn from the highest down, then lines', () => {
  expect(orderForDrawing([curve('line', 'line'), ...curves])).toEqual([2, 1, 0, 3, 4])
})
