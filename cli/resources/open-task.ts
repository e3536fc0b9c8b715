import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../lib/checkpoint/checkpoint-error.js'
import type { FileError } from '../../lib/file/file-error.js'
import type { RowCounts } from '../../lib/task/data/classify-rows.js'
import type { DataError } from '../../lib/task/data/data-error.js'
import { type DataTask, dataTask } from '../../lib/task/data/data-task.js'
import type { RowBlock } from '../../lib/task/data/row.js'
import { rowFiles } from '../../lib/task/data/row-files.js'
import { tasks } from '../../lib/task/index.js'
import { type PromptTemplate, promptTemplates, withSystemMessage } from '../../lib/task/prompt-template.js'
import type { Split, Task } from '../../lib/task/task.js'
import { type ChatVariables, isMissingTemplate } from '../../lib/tokenizer/chat-template.js'
import { readTokenizer } from '../../lib/tokenizer/read-tokenizer.js'
import type { Tokenizer } from '../../lib/tokenizer/tokenizer.js'
import type { RewardOptions } from '../../operators/reward.js'
import { ConfigError } from '../config/config-error.js'
import type { TrainConfig } from '../config/train-config.js'
import type { NamedModel } from './open-model.js'
import { requireDataFiles } from './require-data-files.js'
import { mathVerifier, openVerifier } from './open-verifier.js'

export type TaskSettings = Pick<
  TrainConfig,
  'task' | 'data' | 'reward' | 'templateVariables' | 'system' | 'verifier'
> & {
  /** Longest answer. @units tokens */
  readonly maxTokens: number
}

/** Task of a command, and the worker threads that it owns. */
export interface TaskResource {
  readonly task: Task
  /** Lines for the user: the number of rows used from each file; empty for a task that generates its prompts. */
  readonly about: readonly string[]
  /** Number of rows of each split by outcome, with the errors of the first broken rows; null for a generated task. */
  readonly rows: Readonly<Partial<Record<Split, RowSummary>>> | null
  readonly close: () => Promise<void>
}

/** Numbers of rows by outcome, and the messages of the first rows that cannot be read. */
export interface RowSummary extends Omit<RowCounts, 'faults'> {
  readonly faults: readonly string[]
}

/** Opens the task of a command with the tokenizer of its model. @errors CheckpointError, ConfigError, DataError, FileError */
export const openTask = (
  settings: TaskSettings,
  model: NamedModel,
): TE.TaskEither<CheckpointError | ConfigError | DataError | FileError, TaskResource> =>
  settings.task === 'math' ? openMath(settings, model) : openGenerated(settings.task, settings, model)

const openGenerated = (
  name: keyof typeof tasks,
  settings: TaskSettings,
  { source: { config }, path }: NamedModel,
): TE.TaskEither<CheckpointError | ConfigError | FileError, TaskResource> => {
  const { data } = settings
  if (data.train.length + data.tune.length + data.test.length > 0)
    return TE.left(new ConfigError([`data: found files, expected none, because task ${name} generates its questions`]))
  const [variable] = Object.keys(settings.templateVariables)
  if (variable !== undefined) return TE.left(unusedVariable(variable, `task ${name}`))
  const task = tasks[name].create()
  return config.vocabulary === task.tokenizer.vocabulary
    ? pipe(
        openVerifier(settings, () => ({ ...task, close: () => Promise.resolve() })),
        TE.map(({ verifier, rewardScale, close }) => ({
          task: { ...task, verifier, rewardScale },
          about: [],
          rows: null,
          close,
        })),
      )
    : TE.left(
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
): TE.TaskEither<CheckpointError | ConfigError | DataError | FileError, TaskResource> => {
  const { data, maxTokens } = settings
  if (data.train.length + data.tune.length + data.test.length === 0)
    return TE.left(new ConfigError(['data: found no files, expected at least one: --data FILE']))
  return pipe(
    requireDataFiles([...data.train, ...data.tune, ...data.test]),
    TE.chainW(() => textOf(model, settings.templateVariables)),
    TE.bindTo('text'),
    TE.apSW('train', rowFiles(data.train)),
    TE.apSW('tune', rowFiles(data.tune)),
    TE.apSW('test', rowFiles(data.test)),
    TE.bindW('judge', () => openVerifier(settings, mathVerifier(settings.reward))),
    TE.chainW(({ text, judge: { verifier, rewardScale, close }, ...rows }) => {
      const { create, hasChatForm } = promptTemplates[data.template]
      const template = create(text.chat)
      return pipe(
        dataTask({
          name: 'math',
          rows: withRows(rows),
          ...(data.layout === 'auto' ? {} : { layout: data.layout }),
          template: settings.system === null ? template : withSystemMessage(template, settings.system),
          tokenizer: hasChatForm ? text.tokenizer : text.rawTokenizer,
          verifier,
          rewardScale,
          maxTokens,
          maxPromptTokens: data.maxPromptTokens,
          skipBroken: data.skipBroken,
        }),
        TE.map((task): TaskResource => ({
          task,
          about: describeRows(task, data.maxPromptTokens),
          rows: summarizeRows(task),
          close,
        })),
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

/** Tokenizer of a model for its prompts, and its chat template. */
export interface ModelText {
  /** Tokenizer of prompts in the form of the chat template, or of plain texts if the model has none. */
  readonly tokenizer: Tokenizer
  /** Tokenizer of prompts in another form. */
  readonly rawTokenizer: Tokenizer
  /** Formats messages with the template variables; null if the model has no chat template. */
  readonly chat: PromptTemplate | null
}

/**
 * Reads the tokenizer and the chat template of a model.
 *
 * @errors CheckpointError if the tokenizer has more tokens than the network, or the chat template is faulty; ConfigError for
 * variables of a model without a chat template
 */
export const textOf = (
  { source: { config }, path }: NamedModel,
  variables: ChatVariables,
): TE.TaskEither<CheckpointError | ConfigError, ModelText> =>
  pipe(
    readTokenizer(path, { now: new Date() }),
    TE.filterOrElse(
      ({ tokenizer }) => tokenizer.vocabulary <= config.vocabulary,
      ({ tokenizer }) =>
        new CheckpointError(
          path,
          `a tokenizer of ${tokenizer.vocabulary} tokens`,
          `at most ${config.vocabulary}, as its network has`,
        ),
    ),
    TE.chainEitherKW(
      ({ tokenizer, rawTokenizer, chatTemplate }): E.Either<CheckpointError | ConfigError, ModelText> => {
        if (E.isRight(chatTemplate))
          return E.right({ tokenizer, rawTokenizer, chat: (messages) => chatTemplate.right(messages, variables) })
        if (!isMissingTemplate(chatTemplate.left)) return chatTemplate
        const [variable] = Object.keys(variables)
        return variable === undefined
          ? E.right({ tokenizer: rawTokenizer, rawTokenizer, chat: null })
          : E.left(unusedVariable(variable, path))
      },
    ),
  )

/** Returns the error of a template variable for a model or a task without a chat template. */
export const unusedVariable = (variable: string, owner: string): ConfigError =>
  new ConfigError([`templateVariables: found ${variable}, expected none, because ${owner} has no chat template`])

const summarizeRows = ({ counts }: DataTask): Readonly<Partial<Record<Split, RowSummary>>> =>
  Object.fromEntries(
    Object.entries(counts).map(([split, found]) => [
      split,
      { ...found, faults: found.faults.map(({ message }) => message) },
    ]),
  )

const describeRows = ({ counts }: DataTask, most: number): readonly string[] =>
  Object.entries(counts).map(([split, { prompts, overlong, elsewhere, broken, faults }]) => {
    const skipped = [
      ...(overlong === 0 ? [] : [`${overlong} left out with more than ${most} tokens`]),
      ...(elsewhere === 0 ? [] : [`${elsewhere} left out that are in another split too`]),
      ...(broken === 0 ? [] : [`${broken} left out that cannot be read, the first: ${faults[0]?.message ?? ''}`]),
    ]
    return `data, ${split}: ${[`${prompts} prompts`, ...skipped].join('; ')}`
  })
