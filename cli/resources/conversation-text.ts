import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../lib/checkpoint/checkpoint-error.js'
import { tasks } from '../../lib/task/index.js'
import type { Tokenizer } from '../../lib/tokenizer/tokenizer.js'
import type { ChatVariables } from '../../lib/tokenizer/chat-template.js'
import type { ConfigError } from '../config/config-error.js'
import type { NamedModel } from './open-model.js'
import { type ModelText, textOf, unusedVariable } from './open-task.js'

type ConversationText = Pick<ModelText, 'tokenizer' | 'chat'>

/**
 * Returns the tokenizer and the chat template for a conversation with a model. A file of entrain has neither: it uses the
 * tokenizer of the task that it was trained on, and continues the text of a message.
 *
 * @errors CheckpointError if no task has the vocabulary of such a file; ConfigError for template variables of such a file; those
 * of {@link textOf}
 */
export const conversationText = (
  model: NamedModel,
  variables: ChatVariables,
): TE.TaskEither<CheckpointError | ConfigError, ConversationText> => {
  if (model.kind !== 'own') return textOf(model, variables)
  const [variable] = Object.keys(variables)
  return variable === undefined
    ? pipe(
        tokenizerOfTask(model),
        TE.map((tokenizer) => ({ tokenizer, chat: null })),
      )
    : TE.left(unusedVariable(variable, model.path))
}

const tokenizerOfTask = ({ source: { config }, path }: NamedModel): TE.TaskEither<CheckpointError, Tokenizer> => {
  const tokenizers = Object.values(tasks).map(({ create }) => create().tokenizer)
  return pipe(
    tokenizers.find(({ vocabulary }) => vocabulary === config.vocabulary),
    TE.fromNullable(
      new CheckpointError(
        path,
        `a vocabulary of ${config.vocabulary} tokens and no tokenizer`,
        `the vocabulary of a task: ${tokenizers.map(({ vocabulary }) => vocabulary).join(', ')}`,
      ),
    ),
  )
}
