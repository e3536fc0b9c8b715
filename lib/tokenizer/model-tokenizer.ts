import type * as E from 'fp-ts/lib/Either.js'
import type { CheckpointError } from '../checkpoint/checkpoint-error.js'
import type { ChatTemplate } from './chat-template.js'
import type { Tokenizer } from './tokenizer.js'

/** Tokenizer and chat template of a model. */
export interface ModelTokenizer {
  readonly tokenizer: Tokenizer
  /** Chat template, or the error that the model has none. Callers that need no template ignore the error. */
  readonly chatTemplate: E.Either<CheckpointError, ChatTemplate>
}
