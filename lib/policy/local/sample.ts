import { merge, type Observable } from 'rxjs'
import { fromAsyncGenerator } from '../../control/from-async-generator.js'
import type { Completion } from '../../rollout/completion.js'
import type { Prompt, PromptBatch } from '../../rollout/prompt.js'
import type { RolloutGroup } from '../../rollout/rollout-group.js'
import type { Sampling } from '../policy.js'
import { chunks } from '../chunks.js'
import type { SampledCompletion } from './decoding.js'
import type { ModelOnEngines } from './model-on-engines.js'
import type { Replica } from './replica.js'

/** Consecutive prompts of a batch that one replica samples for. `groups` is the number of prompts of the whole batch. */
interface Share extends Required<PromptBatch> {
  readonly groups: number
}

/** Samples a group per prompt and emits each group when it is complete. Each replica samples for its share of the prompts. */
export const sample = (
  model: ModelOnEngines,
  { step, prompts, offset = 0 }: PromptBatch,
  sampling: Sampling,
): Observable<RolloutGroup> => {
  const groups = prompts.length
  const size = Math.ceil(groups / model.replicas.length)
  const shares = chunks(prompts, size).map((share, r) => ({ step, prompts: share, offset: offset + r * size, groups }))
  return merge(
    ...shares.map((share, r) =>
      fromAsyncGenerator((signal) => sampleShare(model, model.replicas[r]!, share, sampling, signal)),
    ),
  )
}

/** Samples the groups of a share from the newest version of the weights, which stays leased until the last group. */
async function* sampleShare(
  model: ModelOnEngines,
  replica: Replica,
  { step, prompts, offset, groups }: Share,
  sampling: Sampling,
  signal: AbortSignal,
): AsyncGenerator<RolloutGroup> {
  const parameterLease = model.store.lease()
  const { version, parameters } = parameterLease
  const completionOf = (
    prompt: Prompt,
    { tokens, logprobs_T, untruncated_T, measures_MT }: SampledCompletion,
  ): Completion => {
    const isStopped = model.tokenizer.ends.includes(tokens.at(-1)!)
    const completion: Completion = {
      tokens,
      logprobs_T,
      ...(untruncated_T === null ? {} : { untruncatedLogprobs_T: untruncated_T }),
      text: model.tokenizer.decode(isStopped ? tokens.subarray(0, -1) : tokens),
      finish: isStopped ? 'stop' : 'length',
      version,
    }
    if (measures_MT !== null) {
      const { temperature } = sampling
      model.samplingRecords.set(completion, {
        prompt,
        measures_MT,
        temperature,
        tempered_T: untruncated_T ?? logprobs_T,
      })
    }
    return completion
  }
  try {
    const lease = await replica.lease(parameters)
    try {
      const call = { step, prompts: prompts.map(({ tokens }) => tokens), offset, sampling }
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
    parameterLease.release()
  }
}
