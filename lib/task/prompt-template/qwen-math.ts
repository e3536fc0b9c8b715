import { INSTRUCTION } from './boxed.js'
import type { PromptTemplateFactory } from './prompt-template.js'

/**
 * What Qwen2.5-Math was trained on, whatever the model's own chat template: its system prompt, unless the messages have
 * one, and ChatML.
 *
 * @source Qwen2.5-Math, arXiv:2409.12122, and the chat template of its models
 */
export const qwenMath: PromptTemplateFactory = () => (messages) =>
  [...(messages[0]?.role === 'system' ? [] : [{ role: 'system', content: INSTRUCTION }]), ...messages]
    .map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`)
    .join('')
    .concat('<|im_start|>assistant\n')
