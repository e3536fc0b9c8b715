import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ChartLayer, layerColumns, layersOf } from '#dashboard/view/chart-layers.js'
import type { Curve } from '#dashboard/view/figure.js'
import { LONG, trendOf, trendWidth } from '#dashboard/view/trend.js'
import { upTo } from '../lines.js'

const everything = [-Infinity, Infinity] as const

describe('the trend of a long run', () => {
  test('is the mean of an odd number of steps: one in a hundred', () => {
    expect([1, LONG - 1, LONG, 10_000, 100_000].map(trendWidth)).toEqual([1, 1, 7, 101, 1001])
  })

  test('is the mean around each step, without gaps and without numbers outside the range', () => {
    expect(trendOf([1, 2, 6, null, 8], 3, everything)).toEqual([1.5, 3, 4, null, 8])
    expect(trendOf([1, 2, 900, 4, 5], 3, [0, 10])).toEqual([1.5, 1.5, 3, 4.5, 4.5])
    expect(trendOf([900], 3, [0, 10])).toEqual([900])
  })

  test('stays between the numbers around it', () => {
    const numbers = fc.array(fc.option(fc.double({ min: -100, max: 100, noNaN: true })), { maxLength: 50 })
    fc.assert(
      fc.property(numbers, fc.nat(5), (column, reach) => {
        trendOf(column, 2 * reach + 1, everything).forEach((mean, i) => {
          const around = column.slice(Math.max(0, i - reach), i + reach + 1).filter((number) => number !== null)
          if (column[i] === null) expect(mean).toBeNull()
          else {
            expect(mean!).toBeGreaterThanOrEqual(Math.min(...around) - 1e-9)
            expect(mean!).toBeLessThanOrEqual(Math.max(...around) + 1e-9)
          }
        })
      }),
    )
  })
})

describe('the layers of a chart', () => {
  const curve = (kind: Curve['kind'], more: Partial<Curve> = {}): Curve => ({
    label: kind,
    colour: 'ink',
    kind,
    ...more,
  })
  const band = curve('hidden')
  const means = curve('line', { meanOf: 9 })
  const curves = [band, curve('line'), curve('area'), means, curve('line', { keepsInView: true })]
  const layers = layersOf(curves)

  test('are areas, then every step of the lines, and over them the band and the trends', () => {
    expect(layers).toEqual<readonly ChartLayer[]>([
      { curve: 2, part: 'whole' },
      { curve: 1, part: 'pale' },
      { curve: 3, part: 'pale' },
      { curve: 0, part: 'whole' },
      { curve: 1, part: 'trend' },
      { curve: 3, part: 'trend' },
      { curve: 4, part: 'whole' },
    ])
  })

  const drawn = (count: number) => {
    const columns = curves.map(() => upTo(count, (step) => step % 2))
    return {
      columns,
      layers: layerColumns(curves, layers, { steps: upTo(count, (step) => step), columns }, [0, count - 1]),
    }
  }

  test('of a short run are the numbers themselves', () => {
    const { columns, layers: found } = drawn(100)
    expect(found).toEqual([columns[2], [], [], columns[0], columns[1], columns[3], columns[4]])
  })

  test('of a long run are every step and its mean; a curve of means is not drawn twice', () => {
    const { columns, layers: found } = drawn(2000)
    expect(found[1]).toEqual(columns[1])
    expect(found[2]).toEqual([])
    for (const trend of [found[4]!, found[5]!]) expect(trend[1000]).toBeCloseTo(0.5, 1)
    expect(found[6]).toEqual(columns[4])
  })
})
