import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Split } from '../task.js'
import type { DataError } from './data-error.js'
import type { Row, RowBlock } from './row.js'

/** The split that a row belongs to; or why it is in none: its prompt is too long, or another split asks the same. */
export type RowOutcome = Split | 'overlong' | 'elsewhere'

/** A block, and the places of its rows by what becomes of them. */
export interface ClassifiedBlock {
  readonly block: RowBlock
  readonly places: Readonly<Record<RowOutcome, Uint32Array>>
  /** Rows that cannot be read. */
  readonly broken: number
  /** The first of them. */
  readonly faults: readonly DataError[]
}

/**
 * Reads all rows once, a block at a time, to say what becomes of each; no more than its place is kept of it.
 *
 * @errors DataError: a file that cannot be read; a row that cannot, unless those are skipped
 */
export const classifyRows = (
  blocks: readonly RowBlock[],
  fateOf: (file: string, row: Row) => E.Either<DataError, RowOutcome>,
  skipBroken: boolean,
): TE.TaskEither<DataError, readonly ClassifiedBlock[]> =>
  pipe(
    blocks,
    TE.traverseSeqArray((block) =>
      pipe(
        block.read,
        TE.map((rows) =>
          surveyed(
            block,
            rows.map((row) => fateOf(block.file, row)),
          ),
        ),
        TE.filterOrElse(
          ({ broken }) => skipBroken || broken === 0,
          ({ faults }) => faults[0]!,
        ),
      ),
    ),
  )

/** Most faults that are kept. */
const FAULTS = 5

const surveyed = (block: RowBlock, fates: readonly E.Either<DataError, RowOutcome>[]): ClassifiedBlock => {
  const placesOf = (fate: RowOutcome) =>
    Uint32Array.from(fates.flatMap((found, place) => (E.isRight(found) && found.right === fate ? [place] : [])))
  const faults = RA.lefts(fates)
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

/** What became of the rows of some files. */
export interface RowCounts {
  /** Handed out, in one split or another. */
  readonly prompts: number
  /** Left out: their prompts have more tokens than they may. */
  readonly overlong: number
  /** Left out: a split with files of its own asks the same. */
  readonly elsewhere: number
  /** Left out: they cannot be read. */
  readonly broken: number
  /** The first of those. */
  readonly faults: readonly DataError[]
}

export const rowCounts = (blocks: readonly ClassifiedBlock[]): RowCounts => {
  const count = (...fates: readonly RowOutcome[]) =>
    blocks.reduce((sum, { places }) => sum + fates.reduce((all, fate) => all + places[fate].length, 0), 0)
  return {
    prompts: count('train', 'tune', 'test'),
    overlong: count('overlong'),
    elsewhere: count('elsewhere'),
    broken: blocks.reduce((sum, { broken }) => sum + broken, 0),
    faults: blocks.flatMap(({ faults }) => faults).slice(0, FAULTS),
  }
}
