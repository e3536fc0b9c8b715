import type { Prompt, PromptSource } from '../rollout/prompt.js'

/** Prompts in a row that were all seen before: the source counts as exhausted. */
const PATIENCE = 5000

/**
 * The first `count` different prompts of a source that may repeat itself: an evaluation set.
 *
 * @errors RangeError where the source does not hold that many
 */
export const distinctPrompts = async (source: PromptSource, count: number): Promise<readonly Prompt[]> => {
  const found = new Map<string, Prompt>()
  let repeats = 0
  for await (const prompt of source) {
    repeats = found.has(prompt.id) ? repeats + 1 : 0
    if (repeats === 0) found.set(prompt.id, prompt)
    if (found.size === count) return [...found.values()]
    if (repeats === PATIENCE) break
  }
  throw new RangeError(`prompts: found ${found.size} different ones, expected ${count}`)
}
