import type * as E from 'fp-ts/lib/Either.js'
import type { CheckpointError } from '../checkpoint/checkpoint-error.js'
import type { ChatTemplate } from './chat-template.js'
import type { Tokenizer } from './tokenizer.js'

/** Tokenizer and chat template of a model. */
export interface ModelTokenizer {
  readonly tokenizer: Tokenizer
  /**
   * Tokenizer of texts without a chat template. It begins each text with the token that the model was trained to read first
   * (BOS), unless the text has it already or the model has none. A chat template writes that token itself.
   */
  readonly rawTokenizer: Tokenizer
  /** Chat template, or the error that the model has none. Callers that need no template ignore the error. */
  readonly chatTemplate: E.Either<CheckpointError, ChatTemplate>
}
