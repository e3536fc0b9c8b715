import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Split } from '../task.js'
import { type ClassifiedBlock, classifyRows, rowCounts, type RowOutcome } from './classify-rows.js'
import { DataError } from './data-error.js'
import { fitsIn, type ParsedRow, type PromptFormat, type RowParser } from './parsed-row.js'
import type { RowBlock } from './row.js'

/** Options that decide which split a row belongs to. */
export interface SplitOptions extends PromptFormat {
  /** Name of the data set, for messages. */
  readonly name: string
  /** Rows of each split. A split without rows gets a share of the rows of train. */
  readonly rows: Readonly<Partial<Record<Split, readonly RowBlock[]>>>
  /** Shares of the questions of train that become the splits without rows; by default a tenth each. */
  readonly heldOut?: Readonly<Record<'tune' | 'test', number>>
  /** Longest prompt; longer ones are left out and counted. Without it, every prompt is kept. @units tokens */
  readonly maxPromptTokens?: number
  /** True if rows that cannot be read are left out and counted. If false, the first of them is an error. */
  readonly skipBroken?: boolean
}

/** Classified blocks of each split that has rows of its own. */
export type Splits = ReadonlyMap<Split, readonly ClassifiedBlock[]>

/**
 * Order in which splits take their questions: a question of test is left out of tune and train, and a question of tune
 * is left out of train.
 */
const inOrder = ['test', 'tune', 'train'] as const satisfies Split[]

/**
 * Decides which split every row belongs to, so that no question is in two.
 *
 * @errors DataError of a file or row that cannot be read, and of a split that is left without prompts
 */
export const splits = (options: SplitOptions, parse: RowParser): TE.TaskEither<DataError, Splits> => {
  const { name, rows, skipBroken = false } = options
  const owners = new Map<string, Split>()
  return pipe(
    inOrder.filter((split) => rows[split] !== undefined),
    TE.traverseSeqArray((split) => {
      const classify = rowClassifier(options, split, owners)
      return pipe(
        classifyRows(rows[split]!, (file, row) => pipe(parse(file, row), E.chain(classify)), skipBroken),
        TE.filterOrElse(
          (blocks) => blocks.some(({ places }) => places[split].length > 0),
          (blocks) => new DataError(`${name}, split ${split}`, `no prompts, ${describeLosses(blocks)}`, 'at least one'),
        ),
        TE.map((blocks) => [split, blocks] as const),
      )
    }),
    TE.map((found) => new Map(found)),
  )
}

const describeLosses = (blocks: readonly ClassifiedBlock[]): string => {
  const { overlong, elsewhere, broken } = rowCounts(blocks)
  return `${overlong} that are too long, ${elsewhere} that another split has, ${broken} rows that cannot be read`
}

const rowClassifier =
  (options: SplitOptions, split: Split, owners: Map<string, Split>) =>
  (row: ParsedRow): E.Either<DataError, RowOutcome> => {
    if ((owners.get(row.id) ?? split) !== split) return E.right('elsewhere')
    return pipe(
      fitsIn(options, row, options.maxPromptTokens ?? Infinity),
      E.map((isShort) => {
        if (!isShort) return 'overlong'
        if (split === 'train') return partOfTrain(options, row)
        owners.set(row.id, split)
        return split
      }),
    )
  }

/** Default shares of held-out questions, equal to those of countdown. */
const HELD_OUT = { tune: 0.1, test: 0.1 }

const partOfTrain = ({ rows, heldOut = HELD_OUT }: SplitOptions, { share }: ParsedRow): Split => {
  if (rows.tune === undefined && share < heldOut.tune) return 'tune'
  return rows.test === undefined && share >= 1 - heldOut.test ? 'test' : 'train'
}
