import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Verifier } from '../../reward/verifier.js'
import type { RewardScale } from '../../rollout/reward.js'
import { rightOrThrow } from '../../or-throw.js'
import type { Prompt } from '../../rollout/prompt.js'
import type { Tokenizer } from '../../tokenizer/tokenizer.js'
import type { PromptTemplate } from '../prompt-template/prompt-template.js'
import type { Split, Task } from '../task.js'
import { DataError } from './data-error.js'
import { type ParsedRow, type RowParser, rowParser, promptOf } from './parsed-row.js'
import type { LayoutName } from './layout/index.js'
import { passes } from './passes.js'
import type { RowBlock } from './row.js'
import { type Splits, splits } from './splits.js'
import { type RowCounts, rowCounts, type ClassifiedBlock } from './classify-rows.js'

export interface DataTaskOptions {
  readonly name: string
  /** The rows of each split. A split without any is held out of train. */
  readonly rows: Readonly<Partial<Record<Split, readonly RowBlock[]>>>
  /** Shares of the questions of train, for splits without rows. */
  readonly heldOut?: Readonly<Record<'tune' | 'test', number>>
  /** How rows are written; unless it is named, the first row of each file says it. */
  readonly layout?: LayoutName
  readonly template: PromptTemplate
  readonly tokenizer: Tokenizer
  readonly verifier: Verifier
  readonly rewardScale: RewardScale
  /** The longest answer that can be right, end token included. @units tokens */
  readonly maxTokens: number
  /** Longer prompts are left out, and counted. @units tokens */
  readonly maxPromptTokens?: number
  /** Leaves out the rows that cannot be read, and counts them, where the first would be an error. */
  readonly skipBroken?: boolean
}

/** A task whose prompts are the rows of a data set. */
export interface DataTask extends Task {
  /** @errors throws DataError: files that have changed, a split without prompts */
  prompts(split: Split, seed: number, from?: number): AsyncIterable<Prompt>
  /** What became of the rows of each split that has its own. */
  readonly counts: Readonly<Partial<Record<Split, RowCounts>>>
}

/**
 * Rows of a data set as a task. All are read once before anything else, so that what is wrong with one is known before a
 * run comes to it; then again, some blocks at a time, as prompts are asked for.
 *
 * Prompts come in passes over their split, each in an order of its own, drawn by key: see {@link passes}.
 *
 * @errors DataError: a file or row that cannot be read, a split whose rows leave it no prompts
 */
export const dataTask = (options: DataTaskOptions): TE.TaskEither<DataError, DataTask> => {
  const { name, tokenizer, rewardScale, verifier, maxTokens } = options
  const read = rowParser(options.layout)
  return pipe(
    splits(options, read),
    TE.map((found) => ({
      name,
      tokenizer,
      rewardScale,
      verifier,
      maxTokens,
      counts: Object.fromEntries([...found].map(([split, blocks]) => [split, rowCounts(blocks)])),
      prompts: (split, seed, from = 0) => ({
        [Symbol.asyncIterator]: () => promptsOf(options, read, blocksOf(found, split), { split, seed, from }),
      }),
    })),
  )
}

/** In the order of the splits whose rows they are. */
const blocksOf = (found: Splits, split: Split): readonly ClassifiedBlock[] =>
  [...found.values()].flat().filter(({ places }) => places[split].length > 0)

async function* promptsOf(
  options: DataTaskOptions,
  read: RowParser,
  blocks: readonly ClassifiedBlock[],
  { split, seed, from }: { readonly split: Split; readonly seed: number; readonly from: number },
): AsyncGenerator<Prompt> {
  if (blocks.length === 0)
    throw new DataError(`${options.name}, split ${split}`, 'no prompts', 'rows of its own, or of train')
  const sizes = blocks.map(({ places }) => places[split].length)
  for (const window of passes(sizes, seed, from)) {
    const drafts = new Map<number, readonly ParsedRow[]>()
    for (const block of new Set(window.map(({ block }) => block)))
      drafts.set(block, await draftsOf(read, blocks[block]!, split))
    for (const { block, row } of window) yield rightOrThrow(promptOf(options, drafts.get(block)![row]!))
  }
}

/** The rows of a block that a split has. */
const draftsOf = async (
  read: RowParser,
  { block, places }: ClassifiedBlock,
  split: Split,
): Promise<readonly ParsedRow[]> => {
  const rows = rightOrThrow(await block.read())
  return Array.from(places[split], (place) => {
    const row = rows[place]
    if (row === undefined) throw new DataError(block.file, `${rows.length} rows`, 'as many as when it was read first')
    return rightOrThrow(read(block.file, row))
  })
}

/** Rows were right when they were read first: they are wrong now if their file has changed. */
