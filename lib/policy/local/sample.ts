import { merge, type Observable } from 'rxjs'
import type { Completion } from '../../rollout/completion.js'
import type { Prompt, PromptBatch } from '../../rollout/prompt.js'
import type { RolloutGroup } from '../../rollout/rollout-group.js'
import type { Sampling } from '../policy.js'
import { cancellable } from './cancellable.js'
import type { DrawnCompletion } from './generate.js'
import type { Model } from './model.js'
import type { Replica } from './replica.js'
import { chunks } from './sequences.js'

/** Groups as they end. Each replica draws those of some neighbouring prompts. */
export const sample = (model: Model, whole: PromptBatch, how: Sampling): Observable<RolloutGroup> => {
  const size = Math.ceil(whole.prompts.length / model.replicas.length)
  return merge(
    ...chunks(whole.prompts, size).map((prompts, r) =>
      cancellable((signal) =>
        drawn(
          model,
          model.replicas[r]!,
          whole,
          { ...whole, prompts, offset: (whole.offset ?? 0) + r * size },
          how,
          signal,
        ),
      ),
    ),
  )
}

/** Those of a part of a batch, drawn beside the engine from the newest weights, which stay leased until the last has come. */
async function* drawn(
  model: Model,
  replica: Replica,
  whole: PromptBatch,
  { batch, prompts, offset }: Required<PromptBatch>,
  how: Sampling,
  signal: AbortSignal,
): AsyncGenerator<RolloutGroup> {
  const { version, parameters, release } = model.store.lease()
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
    const lease = await replica.lease(parameters)
    try {
      const call = { batch, prompts: prompts.map(({ tokens }) => tokens), offset, how }
      for await (const { prompt: index, completions } of replica.generator.run(lease.weights, call, signal)) {
        const prompt = prompts[index]!
        yield {
          batch,
          groups: whole.prompts.length,
          index: offset + index,
          prompt,
          completions: completions.map((completion) => completionOf(prompt, completion)),
        }
      }
    } finally {
      lease.release()
    }
  } finally {
    release()
  }
}
