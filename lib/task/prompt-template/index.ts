import { boxed } from './boxed.js'
import type { PromptTemplateFactory } from './prompt-template.js'
import { qwenMath } from './qwen-math.js'
import { raw } from './raw.js'

/** A prompt template as it is chosen by name. */
export interface PromptTemplateEntry {
  readonly create: PromptTemplateFactory
  readonly about: string
}

export const promptTemplates = {
  raw: { create: raw, about: "the question as it stands, in the model's chat form if it has one" },
  boxed: { create: boxed, about: 'likewise, and the instruction to reason and to put the answer within \\boxed{}' },
  'qwen-math': { create: qwenMath, about: "Qwen2.5-Math's system prompt and chat form" },
} as const satisfies Record<string, PromptTemplateEntry>

export type PromptTemplateName = keyof typeof promptTemplates
