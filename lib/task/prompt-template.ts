import type { Message } from '../tokenizer/chat-template.js'

/** Returns the text of a question, which the policy continues. @errors throws the error of the chat template */
export type PromptTemplate = (messages: readonly Message[]) => string

/** Makes a prompt template for a model from its chat template, or from null for a model without one. */
export type PromptTemplateFactory = (chat: PromptTemplate | null) => PromptTemplate

/** Row of the table {@link promptTemplates}. */
export interface PromptTemplateEntry {
  readonly create: PromptTemplateFactory
  /** True if prompts have the form of the chat template. Prompts of a form of their own need the tokens that begin a text. */
  readonly hasChatForm: boolean
  /** Description in the help of the command line. */
  readonly about: string
}

/** Returns the question unchanged, in the form of the model's chat template. */
const raw: PromptTemplateFactory = (chat) => chat ?? ((messages) => messages.map(({ content }) => content).join('\n\n'))

/** @source Qwen2.5-Math, arXiv:2409.12122 */
const INSTRUCTION = 'Please reason step by step, and put your final answer within \\boxed{}.'

/** Returns the question, with a line below it that asks for the answer in a box. */
const boxed: PromptTemplateFactory = (chat) => {
  const format = raw(chat)
  return (messages) =>
    format(
      messages.map((message, i) =>
        i === messages.length - 1 ? { ...message, content: `${message.content}\n${INSTRUCTION}` } : message,
      ),
    )
}

/**
 * Returns the question in the format that Qwen2.5-Math was trained on: ChatML, with its system prompt unless the
 * messages have one. The chat template of the model is ignored.
 *
 * @source Qwen2.5-Math, arXiv:2409.12122, and the chat template of its models
 */
const qwenMath: PromptTemplateFactory = () => (messages) =>
  [...(messages[0]?.role === 'system' ? [] : [{ role: 'system', content: INSTRUCTION }]), ...messages]
    .map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`)
    .join('')
    .concat('<|im_start|>assistant\n')

/** Adds a system message to the questions that have none. */
export const withSystemMessage =
  (template: PromptTemplate, content: string): PromptTemplate =>
  (messages) =>
    template(messages[0]?.role === 'system' ? messages : [{ role: 'system', content }, ...messages])

/**
 * Prompt templates by their name on the command line.
 *
 * @example
 * const template = promptTemplates.boxed.create(null)
 * template([{ role: 'user', content: '1 + 1?' }]) // '1 + 1?\nPlease reason step by step, and put ...'
 */
export const promptTemplates = {
  raw: { create: raw, hasChatForm: true, about: "the question unchanged, in the model's chat form if it has one" },
  boxed: {
    create: boxed,
    hasChatForm: true,
    about:
      "the question in the model's chat form, with an instruction to reason and to put the answer within \\boxed{}",
  },
  'qwen-math': {
    create: qwenMath,
    hasChatForm: false,
    about: 'the question in the chat form and with the system prompt of Qwen2.5-Math',
  },
} as const satisfies Record<string, PromptTemplateEntry>

/** Name of a prompt template on the command line. */
export type PromptTemplateName = keyof typeof promptTemplates
