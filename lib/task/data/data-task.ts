import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { callable, findBadOption, fraction, integerFrom, oneOf, trueOrFalse } from '../../option.js'
import { rightOrThrow } from '../../or-throw.js'
import type { Verifier } from '../../reward/verifier.js'
import type { Prompt } from '../../rollout/prompt.js'
import type { RewardScale } from '../../rollout/reward.js'
import { checkPromptKey } from '../check-prompt-key.js'
import type { Split, Task } from '../task.js'
import { type ClassifiedBlock, type RowCounts, rowCounts } from './classify-rows.js'
import { DataError } from './data-error.js'
import { type LayoutName, layouts } from './layout/index.js'
import { type ParsedRow, promptOf, type RowParser, rowParser } from './parsed-row.js'
import { passes } from './passes.js'
import { type SplitOptions, type Splits, splits } from './splits.js'

/** Options of {@link dataTask}. */
export interface DataTaskOptions extends SplitOptions {
  /** Layout of the rows. By default, the first row of each file decides the layout of the file. */
  readonly layout?: LayoutName
  readonly verifier: Verifier
  readonly rewardScale: RewardScale
  /** Length of the longest correct answer, end token included. @units tokens */
  readonly maxTokens: number
}

/** Task whose prompts are the rows of a data set. */
export interface DataTask extends Task {
  /** @errors throws DataError if a file has changed or the split has no prompts */
  prompts(split: Split, seed: number, from?: number): AsyncIterable<Prompt>
  /** Outcomes of the rows of each split that has rows of its own. */
  readonly counts: Readonly<Partial<Record<Split, RowCounts>>>
}

const rules = {
  layout: oneOf(Object.keys(layouts)),
  template: callable,
  verifier: callable,
  rewardScale: oneOf(['signed', 'binary']),
  maxTokens: integerFrom(1),
  maxPromptTokens: integerFrom(1),
  skipBroken: trueOrFalse,
} as const

/**
 * Makes a task from the rows of a data set.
 *
 * All rows are read once before the effect resolves, so that a broken row is reported at the start and not hours into a
 * run. A row whose reference answer the verifier cannot read is broken. Prompts are read from the files again when the run needs them, a few blocks at a time, in endless passes
 * over the split: see {@link passes}.
 *
 * @errors DataError of an impossible option, of a file or row that cannot be read, and of a split that is left without
 *         prompts
 * @example
 * const task = await orThrow(
 *   dataTask({
 *     name: 'arithmetic',
 *     rows: { train: await orThrow(rowFiles(['train.jsonl'])) },
 *     template: promptTemplates.boxed.create(null),
 *     tokenizer,
 *     verifier: mathVerifier(),
 *     rewardScale: 'signed',
 *     maxTokens: 512,
 *   }),
 * )
 */
export const dataTask = (options: DataTaskOptions): TE.TaskEither<DataError, DataTask> => {
  const { name, tokenizer, rewardScale, verifier, maxTokens } = options
  const bad = findBadOption(options, rules) ?? findBadOption(options.heldOut ?? {}, { tune: fraction, test: fraction })
  if (bad !== undefined) return TE.left(new DataError(`${name}: ${bad.name}`, bad.found, bad.expected))
  const parse = rowParser(options.layout, verifier.canRead)
  return pipe(
    splits(options, parse),
    TE.map((found) => ({
      name,
      tokenizer,
      rewardScale,
      verifier,
      maxTokens,
      counts: Object.fromEntries([...found].map(([split, blocks]) => [split, rowCounts(blocks)])),
      prompts: (split, seed, from = 0) => {
        checkPromptKey(split, seed, from)
        return {
          [Symbol.asyncIterator]: () => promptsOf(options, parse, blocksOf(found, split), { split, seed, from }),
        }
      },
    })),
  )
}

/** Returns the blocks with rows of a split, in the order of the splits that own the blocks. */
const blocksOf = (found: Splits, split: Split): readonly ClassifiedBlock[] =>
  [...found.values()].flat().filter(({ places }) => places[split].length > 0)

async function* promptsOf(
  options: DataTaskOptions,
  parse: RowParser,
  blocks: readonly ClassifiedBlock[],
  { split, seed, from }: { readonly split: Split; readonly seed: number; readonly from: number },
): AsyncGenerator<Prompt> {
  if (blocks.length === 0)
    throw new DataError(`${options.name}, split ${split}`, 'no prompts', 'rows of its own, or of train')
  const sizes = blocks.map(({ places }) => places[split].length)
  for (const window of passes(sizes, seed, from)) {
    const rows = new Map<number, readonly ParsedRow[]>()
    for (const block of new Set(window.map(({ block }) => block)))
      rows.set(block, await parsedRows(parse, blocks[block]!, split))
    for (const { block, row } of window) yield rightOrThrow(promptOf(options, rows.get(block)![row]!))
  }
}

/** Reads a block again. Its rows of the split could be parsed before, so an error means that the file has changed. */
const parsedRows = async (
  parse: RowParser,
  { block, places }: ClassifiedBlock,
  split: Split,
): Promise<readonly ParsedRow[]> => {
  const rows = rightOrThrow(await block.read())
  return Array.from(places[split], (place) => {
    const row = rows[place]
    if (row === undefined) throw new DataError(block.file, `${rows.length} rows`, 'as many as when it was read first')
    return rightOrThrow(parse(block.file, row))
  })
}
