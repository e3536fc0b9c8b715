import { test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { forEachRow, forEachToken, forEachTokenOf, tokenMatrix, tokenMean } from '#lib/batch/tokens.js'
import { anyBatch, measuredBatch } from '../entropy/batches.js'

const batch = measuredBatch([
  { advantage: 1, tokens: [{ entropy: 1 }, { entropy: 2 }, { entropy: 3 }] },
  { advantage: -1, tokens: [{ entropy: 6 }] },
])

describe('forEachToken', () => {
  it('visits the tokens row by row, with place, row and position, and skips the padding', () => {
    const visits: (readonly number[])[] = []
    forEachToken(batch, (...token) => visits.push(token))
    expect(visits).toEqual([
      [0, 0, 0],
      [1, 0, 1],
      [2, 0, 2],
      [3, 1, 0],
    ])
  })

  it('visits the tokens of one row', () => {
    const places: number[] = []
    forEachTokenOf(batch, 1, (place) => places.push(place))
    expect(places).toEqual([3])
  })
})

describe('forEachRow', () => {
  it('visits each row with the places of its tokens, without the padding', () => {
    const visits: (readonly number[])[] = []
    forEachRow(batch, (...row) => visits.push(row))
    expect(visits).toEqual([
      [0, 3, 0],
      [3, 4, 1],
    ])
  })
})

describe('tokenMean', () => {
  it('counts each token once, over all rows or over those accepted', () => {
    expect(tokenMean(batch, batch.scores.entropy_BT)).toBe(3)
    expect(tokenMean(batch, batch.scores.entropy_BT, (row) => batch.advantages_B[row]! > 0)).toBe(2)
  })

  it('is NaN without tokens', () => {
    expect(tokenMean(measuredBatch([]), [])).toBeNaN()
    expect(tokenMean(batch, batch.scores.entropy_BT, () => false)).toBeNaN()
  })
})

describe('tokenMatrix', () => {
  it('holds a value per token and 0 in the padding', () => {
    expect([...tokenMatrix(batch, (place, row, position) => 100 * place + 10 * row + position + 1)]).toEqual([
      1, 102, 203, 311, 0, 0,
    ])
  })

  test.prop([anyBatch])('has one cell per token and padding', (any) => {
    const ones = tokenMatrix(any, () => 1)
    expect(ones).toHaveLength(any.responses.length * any.width)
    expect(ones.filter(Boolean)).toHaveLength(any.responses.flatMap(({ completion }) => [...completion.tokens]).length)
  })
})
