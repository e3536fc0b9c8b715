import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../lib/checkpoint/checkpoint-error.js'
import { tasks } from '../../lib/task/index.js'
import type { Tokenizer } from '../../lib/tokenizer/tokenizer.js'
import type { NamedModel } from './open-model.js'
import { textOf } from './open-task.js'

type ConversationText = Pick<
  Awaited<ReturnType<ReturnType<typeof textOf>>> & { readonly _tag: 'Right' },
  'right'
>['right']

/**
 * Returns the tokenizer and the chat template for a conversation with a model. A file of entrain has neither: it uses the
 * tokenizer of the task that it was trained on, and continues the text of a message.
 *
 * @errors CheckpointError if no task has the vocabulary of such a file, or those of {@link textOf}
 */
export const conversationText = (model: NamedModel): TE.TaskEither<CheckpointError, ConversationText> =>
  model.kind === 'own'
    ? pipe(
        tokenizerOfTask(model),
        TE.map((tokenizer) => ({ tokenizer, chat: null })),
      )
    : textOf(model)

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
