import { raw } from './raw.js'
import type { PromptTemplateFactory } from './prompt-template.js'

/** @source Qwen2.5-Math, arXiv:2409.12122 */
export const INSTRUCTION = 'Please reason step by step, and put your final answer within \\boxed{}.'

/** The question, and in a line after it that the answer belongs in a box. */
export const boxed: PromptTemplateFactory = (chat) => {
  const ask = raw(chat)
  return (messages) =>
    ask(
      messages.map((message, i) =>
        i === messages.length - 1 ? { ...message, content: `${message.content}\n${INSTRUCTION}` } : message,
      ),
    )
}
