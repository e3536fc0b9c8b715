import type { Routine } from '../../compute/engine/engine.js'
import type { DecoderConfig } from '../../model/decoder-config.js'
import type { WeightForm } from '../../model/weight-form.js'
import { keyedUniform } from '../../random/uniform.js'
import type { Sampling } from '../policy.js'
import { decoding, type Tokens } from './decoding.js'
import { type Executables, executables, rowsFor } from './executables.js'
import { type RolloutWeights, rolloutWeights } from './rollout-weights.js'
import { measures, tokenMeasure } from './token-measure.js'
import { tokenSampler } from './token-sampler.js'
import type { Weights } from './weight-source.js'

/** What all passes of a generator share. */
export interface GeneratorSettings {
  readonly config: DecoderConfig
  /** Tokens that end a completion. */
  readonly ends: readonly number[]
  /** Most sequences decoded at once. */
  readonly slots: number
  /** Of the weights that tokens are drawn from. */
  readonly form: WeightForm
}

/** The prompts of one batch, by their tokens. */
export interface GenerateCall {
  readonly step: number
  readonly prompts: readonly Tokens[]
  /** Number of the first prompt within its batch. */
  readonly offset: number
  readonly how: Sampling
}

/** All completions of one prompt. */
export interface Drawn {
  /** Its index among the prompts of the call. */
  readonly prompt: number
  readonly completions: readonly DrawnCompletion[]
}

/** @shape tokens and logprobs_T [T], a stop token that was drawn the last of them; measured [measures, T] */
export interface DrawnCompletion {
  readonly tokens: Int32Array
  readonly logprobs_T: Float32Array
  /** What a scoring pass by the same weights says; null where tokens were drawn from others, made of them. */
  readonly measured: Float32Array | null
}

/** Samples beside the engine: the tensors of a pass are the model's weights, by name. */
export const generator: Routine<GeneratorSettings, GenerateCall, Drawn> = {
  module: import.meta.url,
  name: 'generator',
  start: (engine, settings) => {
    const model = { ...settings, executables: executables(engine), rollout: rolloutWeights(engine, settings.form) }
    return {
      run: (weights, call, signal) => pass(model, weights, call, signal),
      dispose: async () => {
        model.rollout.dispose()
        await model.executables.dispose()
      },
    }
  },
}

interface Model extends GeneratorSettings {
  readonly executables: Executables
  readonly rollout: RolloutWeights
}

async function* pass(model: Model, own: Weights, call: GenerateCall, signal: AbortSignal): AsyncGenerator<Drawn> {
  const lease = await model.rollout.lease(own)
  try {
    yield* generate(model, lease.weights, call, signal)
  } finally {
    lease.release()
  }
}

/** One completion in the making. */
interface Draft {
  /** Index of its prompt in the call. */
  readonly prompt: number
  readonly tokens: Int32Array
  readonly logprobs_T: Float32Array
  readonly measured: Float32Array | null
  readonly uniform: (token: number) => number
  length: number
  finished: boolean
}

/**
 * Samples G completions per prompt and emits each group when its last one ends. A prompt is read once and its cache
 * repeated for the group. At most `slots` sequences are decoded at once, or as many as there is memory for: when a quarter of them have ended, the next
 * prompts take their place; and when none are left, half of the rows are dropped whenever half are done.
 *
 * Draws are keyed by (seed, step, prompt, sample, token): neither the order of completion nor the slots change a thing,
 * but for rounding, whose steps are larger in int8.
 */
async function* generate(
  model: Model,
  weights: Weights,
  call: GenerateCall,
  signal: AbortSignal,
): AsyncGenerator<Drawn> {
  const { prompts, how } = call
  const groups = prompts.map((_, prompt) => draftsOf(call, prompt, model.form))
  const extend = extension(model, how)
  const emit = finishedGroups(groups)
  const onEngine = decoding(model, weights, Math.max(...prompts.map((tokens) => tokens.length)) + how.maxTokens)
  const slots = Math.min(model.slots, onEngine.room)
  const cancelled = () => signal.aborted
  let waiting = [...groups.keys()]
  let rows: readonly Draft[] = []
  /** The drafts of the prompts that there is room for, each with its first token, and the place of its prompt. */
  const admitted = async (alive: number) => {
    const next = waiting.slice(0, admissions(slots, alive, how.group))
    waiting = waiting.slice(next.length)
    if (next.length === 0) return []
    const logits = await onEngine.read(next.map((prompt) => prompts[prompt]!))
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
        rows.map((draft) => lastPosition(call, draft)),
      )
      rows.forEach((draft, row) => {
        if (!draft.finished) extend(draft, logits, row)
      })
    }
  } finally {
    onEngine.dispose()
  }
}

/** How many prompts to read: none until a quarter of the slots are free, so that caches are not copied at every step. */
const admissions = (slots: number, alive: number, group: number): number => {
  if (alive === 0) return Math.max(1, Math.floor(slots / group))
  const room = slots - alive
  return room >= slots / 4 ? Math.floor(room / group) : 0
}

const draftsOf = ({ step, offset, how }: GenerateCall, prompt: number, form: WeightForm): Draft[] =>
  Array.from({ length: how.group }, (_, sample) => ({
    prompt,
    tokens: new Int32Array(how.maxTokens),
    logprobs_T: new Float32Array(how.maxTokens),
    measured: form === 'float32' ? new Float32Array(measures.length * how.maxTokens) : null,
    uniform: keyedUniform(how.seed, step, offset + prompt, sample),
    length: 0,
    finished: false,
  }))

/** Draws a draft's next token from its row of logits. */
const extension = ({ config, ends }: Model, how: Sampling) => {
  const sample = tokenSampler(config.vocabulary, how)
  const measure = tokenMeasure(config.vocabulary)
  return (draft: Draft, logits: ArrayLike<number>, row: number): void => {
    const at = draft.length++
    const token = sample(logits, row * config.vocabulary, draft.uniform(at), draft.logprobs_T, at)
    if (draft.measured !== null) measure(logits, row * config.vocabulary, token, draft.measured, how.maxTokens, at)
    draft.tokens[at] = token
    draft.finished = ends.includes(token) || draft.length === how.maxTokens
  }
}

const lastToken = ({ tokens, length }: Draft): number => tokens[length - 1]!

const lastPosition = ({ prompts }: GenerateCall, { prompt, length }: Draft): number =>
  prompts[prompt]!.length + length - 1

/** Cut to its length. */
const completed = ({ tokens, logprobs_T, measured, length }: Draft): DrawnCompletion => ({
  tokens: tokens.slice(0, length),
  logprobs_T: logprobs_T.slice(0, length),
  measured: measured === null ? null : firstOf(measured, length),
})

/** The first columns. @shape [measures, T] -> [measures, length] */
const firstOf = (measured: Float32Array, length: number): Float32Array => {
  const [T, kept] = [measured.length / measures.length, new Float32Array(measures.length * length)]
  measures.forEach((_, m) => kept.set(measured.subarray(m * T, m * T + length), m * length))
  return kept
}

/** Each call yields the groups that have ended since the last. */
const finishedGroups = (groups: readonly Draft[][]) => {
  const waiting = new Set(groups.keys())
  return function* (): Generator<Drawn> {
    for (const prompt of waiting) {
      const drafts = groups[prompt]!
      if (!drafts.every(({ finished }) => finished)) continue
      waiting.delete(prompt)
      yield { prompt, completions: drafts.map(completed) }
    }
  }
}
