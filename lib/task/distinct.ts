import type { Prompt } from '../rollout/prompt.js'

/** Prompts looked at for each one wanted before the source counts as exhausted. */
const PATIENCE = 1000

/**
 * The first `count` different prompts of a source that may repeat itself: an evaluation set.
 *
 * @errors RangeError where the source does not hold that many
 */
export const distinct = (source: Iterable<Prompt>, count: number): readonly Prompt[] => {
  const found = new Map<string, Prompt>()
  let left = PATIENCE * count
  for (const prompt of source) {
    if (!found.has(prompt.id)) found.set(prompt.id, prompt)
    if (found.size === count) return [...found.values()]
    if (--left === 0) break
  }
  throw new RangeError(`prompts: found ${found.size} different ones, expected ${count}`)
}
