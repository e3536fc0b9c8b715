import type { Started } from '../../compute/engine/routine.js'
import { parameterFeed } from '../../model/parameters.js'
import type { Completion } from '../../rollout/completion.js'
import type { PromptBatch } from '../../rollout/prompt.js'
import type { RolloutGroup } from '../../rollout/rollout-group.js'
import type { Sampling } from '../policy.js'
import type { Drawn, GenerateCall } from './generate.js'
import type { Model } from './model.js'

export type Generator = Started<GenerateCall, Drawn>

/** Groups as they end, drawn beside the engine from the newest weights, which stay leased until the last has come. */
export async function* sample(
  { store, tokenizer }: Model,
  generator: Generator,
  { batch, prompts, offset = 0 }: PromptBatch,
  how: Sampling,
  signal: AbortSignal,
): AsyncGenerator<RolloutGroup> {
  const lease = store.lease()
  const completionOf = ({ tokens, logprobs_T }: Drawn['completions'][number]): Completion => {
    const stopped = tokens.at(-1) === tokenizer.end
    return {
      tokens,
      logprobs_T,
      text: tokenizer.decode(stopped ? tokens.subarray(0, -1) : tokens),
      finish: stopped ? 'stop' : 'length',
      version: lease.version,
    }
  }
  try {
    const call = { batch, prompts: prompts.map(({ tokens }) => tokens), offset, how }
    for await (const { prompt, completions } of generator.run(parameterFeed(lease.parameters), call, signal))
      yield {
        batch,
        groups: prompts.length,
        index: offset + prompt,
        prompt: prompts[prompt]!,
        completions: completions.map(completionOf),
      }
  } finally {
    lease.release()
  }
}
