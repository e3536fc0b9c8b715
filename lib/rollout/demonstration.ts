import type { Prompt } from './prompt.js'

/** Prompt with a response to imitate. @shape tokens [T], the stop token last */
export interface Demonstration {
  readonly prompt: Prompt
  readonly text: string
  readonly tokens: readonly number[]
}
