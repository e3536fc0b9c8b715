import type { Message } from '../../tokenizer/chat-template.js'

/** A question as the text that a policy goes on from. @errors throws what the chat template raises */
export type PromptTemplate = (messages: readonly Message[]) => string

/** A way to ask, for models with a chat template or, given null, without one. */
export type PromptTemplateFactory = (chat: PromptTemplate | null) => PromptTemplate
