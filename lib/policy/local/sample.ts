import type { Started } from '../../compute/engine/routine.js'
import { parameterFeed } from '../../model/parameters.js'
import type { Completion } from '../../rollout/completion.js'
import type { Prompt, PromptBatch } from '../../rollout/prompt.js'
import type { RolloutGroup } from '../../rollout/rollout-group.js'
import type { Sampling } from '../policy.js'
import type { Drawn, DrawnCompletion, GenerateCall } from './generate.js'
import type { Model } from './model.js'

export type Generator = Started<GenerateCall, Drawn>

/** Groups as they end, drawn beside the engine from the newest weights, which stay leased until the last has come. */
export async function* sample(
  { store, tokenizer, drawn }: Model,
  generator: Generator,
  { batch, prompts, offset = 0 }: PromptBatch,
  how: Sampling,
  signal: AbortSignal,
): AsyncGenerator<RolloutGroup> {
  const lease = store.lease()
  const completionOf = (prompt: Prompt, { tokens, logprobs_T, measured }: DrawnCompletion): Completion => {
    const stopped = tokenizer.ends.includes(tokens.at(-1)!)
    const completion: Completion = {
      tokens,
      logprobs_T,
      text: tokenizer.decode(stopped ? tokens.subarray(0, -1) : tokens),
      finish: stopped ? 'stop' : 'length',
      version: lease.version,
    }
    if (measured !== null) drawn.set(completion, { prompt, measured })
    return completion
  }
  try {
    const { version } = lease
    const call = { batch, prompts: prompts.map(({ tokens }) => tokens), offset, how, version }
    for await (const { prompt: index, completions } of generator.run(parameterFeed(lease.parameters), call, signal)) {
      const prompt = prompts[index]!
      yield {
        batch,
        groups: prompts.length,
        index: offset + index,
        prompt,
        completions: completions.map((completion) => completionOf(prompt, completion)),
      }
    }
  } finally {
    lease.release()
  }
}
