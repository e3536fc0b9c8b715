import { keyed } from '../../random/uniform.js'
import type { Completion } from '../../rollout/completion.js'
import type { PromptBatch } from '../../rollout/prompt.js'
import type { RolloutGroup } from '../../rollout/rollout-group.js'
import type { Sampling } from '../policy.js'
import { startDecoding } from './decoding.js'
import { powerOfTwo } from './executables.js'
import type { Model } from './model.js'
import { tokenSampler } from './token-sampler.js'

/** One completion in the making. */
interface Draft {
  /** Index of its prompt in the batch. */
  readonly prompt: number
  readonly tokens: Int32Array
  readonly logprobs_T: Float32Array
  readonly uniform: (token: number) => number
  length: number
  finished: boolean
}

/**
 * Samples G completions per prompt and emits each group when its last one ends. A prompt is read once and its cache
 * repeated for the group; rows of finished sequences are dropped whenever half of them are done, so they stop costing.
 *
 * Draws are keyed by (seed, batch, prompt, sample, token): the order of completion changes nothing.
 */
export async function* generate(
  model: Model,
  batch: PromptBatch,
  how: Sampling,
  cancelled: () => boolean,
): AsyncGenerator<RolloutGroup> {
  const lease = model.store.lease()
  const groups = batch.prompts.map((_, prompt) => draftsOf(batch, prompt, how))
  const extend = extension(model, how)
  const emit = finishedGroups(model, batch, lease.version, groups)
  try {
    const decoding = await startDecoding(model, lease.parameters, batch.prompts, how.maxTokens)
    try {
      for (const draft of groups.flat()) extend(draft, decoding.logits, draft.prompt)
      let rows: readonly Draft[] = groups.flat().filter(({ finished }) => !finished)
      if (rows.length > 0) await decoding.keep(rows.map(({ prompt }) => prompt))
      while (!cancelled()) {
        yield* emit()
        const alive = rows.filter(({ finished }) => !finished)
        if (alive.length === 0) return
        if (powerOfTwo(alive.length) < powerOfTwo(rows.length)) {
          const before = new Map(rows.map((draft, row) => [draft, row]))
          await decoding.keep(alive.map((draft) => before.get(draft)!))
          rows = alive
        }
        const logits = await decoding.step(
          rows.map(lastToken),
          rows.map((draft) => lastPosition(batch, draft)),
        )
        rows.forEach((draft, row) => {
          if (!draft.finished) extend(draft, logits, row)
        })
      }
    } finally {
      decoding.dispose()
    }
  } finally {
    lease.release()
  }
}

const draftsOf = ({ batch, offset = 0 }: PromptBatch, prompt: number, how: Sampling): Draft[] =>
  Array.from({ length: how.group }, (_, sample) => ({
    prompt,
    tokens: new Int32Array(how.maxTokens),
    logprobs_T: new Float32Array(how.maxTokens),
    uniform: keyed(how.seed, batch, offset + prompt, sample),
    length: 0,
    finished: false,
  }))

/** Draws a draft's next token from its row of logits. */
const extension = ({ config, tokenizer }: Model, how: Sampling) => {
  const sample = tokenSampler(config.vocabulary, how)
  return (draft: Draft, logits: ArrayLike<number>, row: number): void => {
    const at = draft.length++
    const token = sample(logits, row * config.vocabulary, draft.uniform(at), draft.logprobs_T, at)
    draft.tokens[at] = token
    draft.finished = token === tokenizer.end || draft.length === how.maxTokens
  }
}

const lastToken = ({ tokens, length }: Draft): number => tokens[length - 1]!

const lastPosition = ({ prompts }: PromptBatch, { prompt, length }: Draft): number =>
  prompts[prompt]!.tokens.length + length - 1

/** Each call yields the groups that have ended since the last. */
const finishedGroups = ({ tokenizer }: Model, batch: PromptBatch, version: number, groups: readonly Draft[][]) => {
  const waiting = new Set(groups.keys())
  const completionOf = ({ tokens, logprobs_T, length }: Draft): Completion => {
    const stopped = tokens[length - 1] === tokenizer.end
    return {
      tokens: tokens.slice(0, length),
      logprobs_T: logprobs_T.slice(0, length),
      text: tokenizer.decode(tokens.subarray(0, stopped ? length - 1 : length)),
      finish: stopped ? 'stop' : 'length',
      version,
    }
  }
  return function* (): Generator<RolloutGroup> {
    for (const index of waiting) {
      const drafts = groups[index]!
      if (!drafts.every(({ finished }) => finished)) continue
      waiting.delete(index)
      const prompt = batch.prompts[index]!
      const place = { batch: batch.batch, groups: groups.length, index: (batch.offset ?? 0) + index }
      yield { ...place, prompt, completions: drafts.map(completionOf) }
    }
  }
}
