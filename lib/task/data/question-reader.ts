import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { DataError } from './data-error.js'
import { type LayoutName, layouts } from './layout/index.js'
import type { Layout, Question } from './layout/layout.js'
import type { Row } from './row.js'

/** Reads a row of one file. @errors DataError, which names the row, and the field if it is known */
export type QuestionReader = (row: Row) => E.Either<DataError, Question>

/**
 * Makes a reader of the rows of one file. Without a named layout, the first row that fits a layout decides the layout
 * of the file, so that a later faulty row is not read with another layout.
 */
export const questionReader = (name?: LayoutName): QuestionReader => {
  let layout: Layout | undefined = name && layouts[name]
  return ({ place, value }) =>
    pipe(
      value,
      E.chain((row) => {
        layout ??= Object.values(layouts).find(({ read }) => E.isRight(read(row)))
        return layout === undefined ? E.left(unknownLayout(place, row)) : readWith(layout, place, row)
      }),
    )
}

const readWith = (layout: Layout, place: string, row: unknown): E.Either<DataError, Question> =>
  pipe(
    layout.read(row),
    E.mapLeft(({ path, found, expected }) => {
      const fields = found === 'nothing' ? `nothing beside ${fieldsOf(row)}` : found
      return new DataError(path === '' ? place : `${place}: ${path}`, fields, expected)
    }),
  )

const unknownLayout = (place: string, row: unknown): DataError =>
  new DataError(
    place,
    fieldsOf(row),
    `one of ${Object.entries(layouts)
      .map(([name, { fields }]) => `${name} (${fields})`)
      .join(', ')}`,
  )

const fieldsOf = (row: unknown): string => {
  if (!t.UnknownRecord.is(row) || Array.isArray(row)) return `a row that is ${row === null ? 'null' : 'no object'}`
  const names = Object.keys(row)
  return names.length === 0 ? 'no fields' : `the fields ${names.join(', ')}`
}
