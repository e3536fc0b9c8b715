import { merge, type Observable } from 'rxjs'
import type { Completion } from '../../rollout/completion.js'
import type { Prompt, PromptBatch } from '../../rollout/prompt.js'
import type { RolloutGroup } from '../../rollout/rollout-group.js'
import type { Sampling } from '../policy.js'
import { fromAsyncGenerator } from '../../control/from-async-generator.js'
import type { DrawnCompletion } from './generate.js'
import type { Model } from './model.js'
import type { Replica } from './replica.js'
import { chunks } from './sequences.js'

/** Neighbouring prompts of a batch, of which there are `groups` in all. */
interface Part extends Required<PromptBatch> {
  readonly groups: number
}

/** Groups as they end. Each replica draws those of its part of the prompts. */
export const sample = (
  model: Model,
  { step, prompts, offset = 0 }: PromptBatch,
  how: Sampling,
): Observable<RolloutGroup> => {
  const groups = prompts.length
  const size = Math.ceil(groups / model.replicas.length)
  const parts = chunks(prompts, size).map((part, r) => ({ step, prompts: part, offset: offset + r * size, groups }))
  return merge(
    ...parts.map((part, r) => fromAsyncGenerator((signal) => drawn(model, model.replicas[r]!, part, how, signal))),
  )
}

/** Those of a part, drawn beside the engine from the newest weights, which stay leased until the last has come. */
async function* drawn(
  model: Model,
  replica: Replica,
  { step, prompts, offset, groups }: Part,
  how: Sampling,
  signal: AbortSignal,
): AsyncGenerator<RolloutGroup> {
  const own = model.store.lease()
  const { version } = own
  const completionOf = (prompt: Prompt, { tokens, logprobs_T, measured }: DrawnCompletion): Completion => {
    const stopped = model.tokenizer.ends.includes(tokens.at(-1)!)
    const completion: Completion = {
      tokens,
      logprobs_T,
      text: model.tokenizer.decode(stopped ? tokens.subarray(0, -1) : tokens),
      finish: stopped ? 'stop' : 'length',
      version,
    }
    if (measured !== null) model.drawn.set(completion, { prompt, measured })
    return completion
  }
  try {
    const lease = await replica.lease(own.parameters)
    try {
      const call = { step, prompts: prompts.map(({ tokens }) => tokens), offset, how }
      for await (const { prompt: index, completions } of replica.generator.run(lease.weights, call, signal)) {
        const prompt = prompts[index]!
        yield {
          step,
          groups,
          index: offset + index,
          prompt,
          completions: completions.map((completion) => completionOf(prompt, completion)),
        }
      }
    } finally {
      lease.release()
    }
  } finally {
    own.release()
  }
}
