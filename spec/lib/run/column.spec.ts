import fc from 'fast-check'
import { expect, it } from 'vitest'
import { append, emptyColumn, numbersOf } from '#lib/run/column.js'

const columnOf = (values: readonly number[]) => values.reduce(append, emptyColumn)

it('has the numbers that were appended, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.double()), (values) => {
      expect([...numbersOf(columnOf(values))]).toEqual(values)
    }),
  )
})

it('stays as it is when it is appended to, also twice', () => {
  fc.assert(
    fc.property(fc.array(fc.double(), { maxLength: 200 }), fc.double(), fc.double(), (values, one, other) => {
      const column = columnOf(values)
      const [first, second] = [append(column, one), append(column, other)]
      expect([...numbersOf(column)]).toEqual(values)
      expect([...numbersOf(first)]).toEqual([...values, one])
      expect([...numbersOf(append(second, one))]).toEqual([...values, other, one])
    }),
  )
})
