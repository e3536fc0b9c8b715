import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Split } from '../task.js'
import type { DataError } from './data-error.js'
import type { Row, RowBlock } from './row.js'

/**
 * Result of validating a row: the split that it belongs to, or why it is in none. `overlong` means that its prompt is
 * too long, `elsewhere` that another split has the same question.
 */
export type RowOutcome = Split | 'overlong' | 'elsewhere'

/** Block of rows and the outcome of each row. */
export interface ClassifiedBlock {
  readonly block: RowBlock
  /** Positions in the block of the rows with each outcome. */
  readonly places: Readonly<Record<RowOutcome, Uint32Array>>
  /** Number of rows that cannot be read. */
  readonly broken: number
  /** Errors of the first rows that cannot be read. */
  readonly faults: readonly DataError[]
}

/**
 * Reads all rows once, one block at a time, and classifies each. Only the positions of the rows are kept in memory.
 *
 * @errors DataError of a file that cannot be read, and of a row that cannot be read unless `skipBroken` is true
 */
export const classifyRows = (
  blocks: readonly RowBlock[],
  outcomeOf: (file: string, row: Row) => E.Either<DataError, RowOutcome>,
  skipBroken: boolean,
): TE.TaskEither<DataError, readonly ClassifiedBlock[]> =>
  pipe(
    blocks,
    TE.traverseSeqArray((block) =>
      pipe(
        block.read,
        TE.map((rows) =>
          classifiedBlock(
            block,
            rows.map((row) => outcomeOf(block.file, row)),
          ),
        ),
        TE.filterOrElse(
          ({ broken }) => skipBroken || broken === 0,
          ({ faults }) => faults[0]!,
        ),
      ),
    ),
  )

/** Largest number of errors that are kept. */
const FAULTS = 5

const classifiedBlock = (block: RowBlock, outcomes: readonly E.Either<DataError, RowOutcome>[]): ClassifiedBlock => {
  const placesOf = (outcome: RowOutcome) =>
    Uint32Array.from(outcomes.flatMap((found, place) => (E.isRight(found) && found.right === outcome ? [place] : [])))
  const faults = RA.lefts(outcomes)
  return {
    block,
    places: {
      train: placesOf('train'),
      tune: placesOf('tune'),
      test: placesOf('test'),
      overlong: placesOf('overlong'),
      elsewhere: placesOf('elsewhere'),
    },
    broken: faults.length,
    faults: faults.slice(0, FAULTS),
  }
}

/** Number of rows of a data set by outcome. */
export interface RowCounts {
  /** Rows that are prompts of any split. */
  readonly prompts: number
  /** Rows left out because their prompt has too many tokens. */
  readonly overlong: number
  /** Rows left out because a split with files of its own has the same question. */
  readonly elsewhere: number
  /** Rows left out because they cannot be read. */
  readonly broken: number
  /** Errors of the first rows that cannot be read. */
  readonly faults: readonly DataError[]
}

/** Adds up the outcomes of several blocks. */
export const rowCounts = (blocks: readonly ClassifiedBlock[]): RowCounts => {
  const count = (...outcomes: readonly RowOutcome[]) =>
    blocks.reduce((sum, { places }) => sum + outcomes.reduce((all, outcome) => all + places[outcome].length, 0), 0)
  return {
    prompts: count('train', 'tune', 'test'),
    overlong: count('overlong'),
    elsewhere: count('elsewhere'),
    broken: blocks.reduce((sum, { broken }) => sum + broken, 0),
    faults: blocks.flatMap(({ faults }) => faults).slice(0, FAULTS),
  }
}
