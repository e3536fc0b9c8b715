import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../lib/checkpoint/checkpoint-error.js'
import { boxed, format } from '../../lib/reward/format.js'
import { weighted } from '../../lib/reward/weighted.js'
import { mathVerifierInWorkers } from '../../lib/reward/worker/math-verifier-in-workers.js'
import type { DataError } from '../../lib/task/data/data-error.js'
import { type DataTask, dataTask } from '../../lib/task/data/data-task.js'
import type { RowBlock } from '../../lib/task/data/row.js'
import { rowFiles } from '../../lib/task/data/row-files.js'
import { tasks } from '../../lib/task/index.js'
import { promptTemplates } from '../../lib/task/prompt-template.js'
import type { Split, Task } from '../../lib/task/task.js'
import { readTokenizer } from '../../lib/tokenizer/read-tokenizer.js'
import type { RewardOptions } from '../../operators/reward.js'
import { ConfigError } from '../config/config-error.js'
import type { TrainConfig } from '../config/train-config.js'
import type { NamedModel } from './open-model.js'

export type TaskSettings = Pick<TrainConfig, 'task' | 'data' | 'reward'> & {
  /** Longest answer. @units tokens */
  readonly maxTokens: number
}

/** Task of a command, and the worker threads that it owns. */
export interface TaskResource {
  readonly task: Task
  /** Lines for the user: the number of rows used from each file; empty for a task that generates its prompts. */
  readonly about: readonly string[]
  readonly close: () => Promise<void>
}

/** Opens the task of a command with the tokenizer of its model. @errors CheckpointError, ConfigError, DataError */
export const openTask = (
  settings: TaskSettings,
  model: NamedModel,
): TE.TaskEither<CheckpointError | ConfigError | DataError, TaskResource> =>
  settings.task === 'math' ? openMath(settings, model) : TE.fromEither(openGenerated(settings.task, settings, model))

const openGenerated = (
  name: keyof typeof tasks,
  { data }: TaskSettings,
  { source: { config }, path }: NamedModel,
): E.Either<CheckpointError | ConfigError, TaskResource> => {
  if (data.train.length + data.tune.length + data.test.length > 0)
    return E.left(new ConfigError([`data: found files, expected none, because task ${name} generates its questions`]))
  const task = tasks[name].create()
  return config.vocabulary === task.tokenizer.vocabulary
    ? E.right({ task, about: [], close: () => Promise.resolve() })
    : E.left(
        new CheckpointError(
          path,
          `a vocabulary of ${config.vocabulary} tokens`,
          `${task.tokenizer.vocabulary}, as task ${name} has`,
        ),
      )
}

const openMath = (
  settings: TaskSettings,
  model: NamedModel,
): TE.TaskEither<CheckpointError | ConfigError | DataError, TaskResource> => {
  const { data, maxTokens } = settings
  if (data.train.length + data.tune.length + data.test.length === 0)
    return TE.left(new ConfigError(['data: found no files, expected at least one: --data FILE']))
  return pipe(
    TE.Do,
    TE.apSW('text', textOf(model)),
    TE.apSW('train', rowFiles(data.train)),
    TE.apSW('tune', rowFiles(data.tune)),
    TE.apSW('test', rowFiles(data.test)),
    TE.chainW(({ text, ...rows }) => {
      const { verifier, close } = mathVerifier(settings.reward)
      return pipe(
        dataTask({
          name: 'math',
          rows: withRows(rows),
          ...(data.layout === 'auto' ? {} : { layout: data.layout }),
          template: promptTemplates[data.template].create(text.chat),
          tokenizer: text.tokenizer,
          verifier,
          rewardScale: 'signed',
          maxTokens,
          maxPromptTokens: data.maxPromptTokens,
          skipBroken: data.skipBroken,
        }),
        TE.map((task): TaskResource => ({ task, about: describeRows(task, data.maxPromptTokens), close })),
      )
    }),
  )
}

/** Time that the stage `reward` waits beyond the limit of a thread, so that the thread ends its check first. @units ms */
const GRACE = 1000

/** Options of the stage `reward` for the task of a command. */
export const rewardOptions = ({ timeLimit, threads }: TaskSettings['reward']): RewardOptions => ({
  timeLimit: Math.min(timeLimit + GRACE, 2 ** 31 - 1),
  ...(threads === null ? {} : { concurrency: threads }),
})

/** Leaves out the splits without files: their rows are held out of the training files. */
const withRows = (rows: Readonly<Record<Split, readonly RowBlock[]>>): Partial<Record<Split, readonly RowBlock[]>> =>
  Object.fromEntries(Object.entries(rows).filter(([, blocks]) => blocks.length > 0))

/** Reads the tokenizer and the chat template of a model. @errors CheckpointError if the tokenizer has more tokens than the network */
export const textOf = ({ source: { config }, path }: NamedModel) =>
  pipe(
    readTokenizer(path),
    TE.filterOrElse(
      ({ tokenizer }) => tokenizer.vocabulary <= config.vocabulary,
      ({ tokenizer }) =>
        new CheckpointError(
          path,
          `a tokenizer of ${tokenizer.vocabulary} tokens`,
          `at most ${config.vocabulary}, as its network has`,
        ),
    ),
    TE.map(({ tokenizer, chatTemplate }) => ({
      tokenizer,
      chat: E.isRight(chatTemplate) ? chatTemplate.right : null,
    })),
  )

const mathVerifier = ({ mustMark, formatWeight, timeLimit, threads }: TaskSettings['reward']) => {
  const workers = mathVerifierInWorkers({ mustMark, timeLimit, ...(threads === null ? {} : { threads }) })
  const { verifier } = workers
  const rewards =
    formatWeight === 0
      ? verifier
      : weighted({ correctness: { verifier }, format: { verifier: format(boxed), weight: formatWeight } })
  return { verifier: rewards, close: () => workers.close() }
}

const describeRows = ({ counts }: DataTask, most: number): readonly string[] =>
  Object.entries(counts).map(([split, { prompts, overlong, elsewhere, broken, faults }]) => {
    const skipped = [
      ...(overlong === 0 ? [] : [`${overlong} left out with more than ${most} tokens`]),
      ...(elsewhere === 0 ? [] : [`${elsewhere} left out that are in another split too`]),
      ...(broken === 0 ? [] : [`${broken} left out that cannot be read, the first: ${faults[0]?.message ?? ''}`]),
    ]
    return `data, ${split}: ${[`${prompts} prompts`, ...skipped].join('; ')}`
  })
