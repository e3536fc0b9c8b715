import { keyed } from '../../random/uniform.js'
import type { Completion } from '../../rollout/completion.js'
import type { PromptBatch } from '../../rollout/prompt.js'
import type { RolloutGroup } from '../../rollout/rollout-group.js'
import type { Sampling } from '../policy.js'
import { decoding } from './decoding.js'
import { rowsFor } from './executables.js'
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
 * repeated for the group. At most `slots` sequences are decoded at once: when a quarter of them have ended, the next
 * prompts take their place; and when none are left, half of the rows are dropped whenever half are done.
 *
 * Draws are keyed by (seed, batch, prompt, sample, token): neither the order of completion nor the slots change a thing.
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
  const onEngine = decoding(model, lease.parameters, longestPrompt(batch) + how.maxTokens)
  let waiting = [...groups.keys()]
  let rows: readonly Draft[] = []
  /** The drafts of the prompts that there is room for, each with its first token, and the place of its prompt. */
  const admitted = async (alive: number) => {
    const next = waiting.slice(0, admissions(model.slots, alive, how.group))
    waiting = waiting.slice(next.length)
    if (next.length === 0) return []
    const logits = await onEngine.read(next.map((prompt) => batch.prompts[prompt]!))
    const drafts = next.flatMap((prompt, place) => groups[prompt]!.map((draft) => ({ draft, place })))
    for (const { draft, place } of drafts) extend(draft, logits, place)
    return drafts.filter(({ draft }) => !draft.finished)
  }
  try {
    while (!cancelled()) {
      const alive = rows.flatMap((draft, row) => (draft.finished ? [] : [{ draft, row }]))
      const fresh = await admitted(alive.length)
      if (cancelled()) return
      yield* emit()
      if (alive.length + fresh.length === 0) {
        if (waiting.length === 0) return
        continue
      }
      if (fresh.length > 0 || rowsFor(alive.length) < rowsFor(rows.length)) {
        await onEngine.keep([...alive.map(({ row }) => row), ...fresh.map(({ place }) => rows.length + place)])
        rows = [...alive, ...fresh].map(({ draft }) => draft)
        if (cancelled()) return
      }
      const logits = await onEngine.step(
        rows.map(lastToken),
        rows.map((draft) => lastPosition(batch, draft)),
      )
      rows.forEach((draft, row) => {
        if (!draft.finished) extend(draft, logits, row)
      })
    }
  } finally {
    onEngine.dispose()
    lease.release()
  }
}

/** How many prompts to read: none until a quarter of the slots are free, so that caches are not copied at every step. */
const admissions = (slots: number, alive: number, group: number): number => {
  if (alive === 0) return Math.max(1, Math.floor(slots / group))
  const room = slots - alive
  return room >= slots / 4 ? Math.floor(room / group) : 0
}

const longestPrompt = ({ prompts }: PromptBatch): number => Math.max(...prompts.map(({ tokens }) => tokens.length))

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
