import type * as E from 'fp-ts/lib/Either.js'
import type { CheckpointError } from '../checkpoint/checkpoint-error.js'
import type { ChatTemplate } from './chat-template.js'
import type { Tokenizer } from './tokenizer.js'

/** What a model says about text. */
export interface ModelTokenizer {
  readonly tokenizer: Tokenizer
  /** An error where the model has none, which matters to those alone who want it. */
  readonly chatTemplate: E.Either<CheckpointError, ChatTemplate>
}
