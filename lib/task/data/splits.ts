import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Split } from '../task.js'
import type { DataTaskOptions } from './data-task.js'
import { DataError } from './data-error.js'
import { type ParsedRow, type RowParser, fits } from './parsed-row.js'
import { type RowOutcome, rowCounts, classifyRows, type ClassifiedBlock } from './classify-rows.js'

/** The blocks of each split that has rows of its own. */
export type Splits = ReadonlyMap<Split, readonly ClassifiedBlock[]>

/** Train comes last, which must not ask what the others do; and tune not what test does. */
const inOrder = ['test', 'tune', 'train'] as const satisfies Split[]

/**
 * Settles for every row which split it is in, so that no question is in two.
 *
 * @errors DataError: a file or row that cannot be read, a split whose rows leave it no prompts
 */
export const splits = (options: DataTaskOptions, read: RowParser): TE.TaskEither<DataError, Splits> => {
  const { name, rows, skipBroken = false } = options
  const owners = new Map<string, Split>()
  return pipe(
    inOrder.filter((split) => rows[split] !== undefined),
    TE.traverseSeqArray((split) => {
      const fateOf = fates(options, split, owners)
      return pipe(
        classifyRows(rows[split]!, (file, row) => pipe(read(file, row), E.chain(fateOf)), skipBroken),
        TE.filterOrElse(
          (blocks) => blocks.some(({ places }) => places[split].length > 0),
          (blocks) => new DataError(`${name}, split ${split}`, `no prompts, ${told(blocks)}`, 'at least one'),
        ),
        TE.map((blocks) => [split, blocks] as const),
      )
    }),
    TE.map((found) => new Map(found)),
  )
}

const told = (blocks: readonly ClassifiedBlock[]): string => {
  const { overlong, elsewhere, broken } = rowCounts(blocks)
  return `${overlong} that are too long, ${elsewhere} that another split has, ${broken} rows that cannot be read`
}

const fates =
  (options: DataTaskOptions, split: Split, owners: Map<string, Split>) =>
  (draft: ParsedRow): E.Either<DataError, RowOutcome> => {
    if ((owners.get(draft.id) ?? split) !== split) return E.right('elsewhere')
    return pipe(
      fits(options, draft, options.maxPromptTokens ?? Infinity),
      E.map((short) => {
        if (!short) return 'overlong'
        if (split === 'train') return partOfTrain(options, draft)
        owners.set(draft.id, split)
        return split
      }),
    )
  }

/** As countdown's. */
const HELD_OUT = { tune: 0.1, test: 0.1 }

const partOfTrain = ({ rows, heldOut = HELD_OUT }: DataTaskOptions, { share }: ParsedRow): Split => {
  if (rows.tune === undefined && share < heldOut.tune) return 'tune'
  return rows.test === undefined && share >= 1 - heldOut.test ? 'test' : 'train'
}
