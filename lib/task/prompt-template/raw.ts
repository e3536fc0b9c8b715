import type { PromptTemplateFactory } from './prompt-template.js'

/** The question as it stands, in the form that the model's chat template gives it. */
export const raw: PromptTemplateFactory = (chat) =>
  chat ?? ((messages) => messages.map(({ content }) => content).join('\n\n'))
