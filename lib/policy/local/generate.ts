import type { Routine } from '../../compute/engine/engine.js'
import type { DecoderConfig } from '../../model/decoder-config.js'
import type { WeightForm } from '../../model/weight-form.js'
import type { Sampling } from '../policy.js'
import { type CachedDecoder, createCachedDecoder, type Tokens } from './cached-decoder.js'
import { createFinishedGroups, type Decoding, type SampledGroup, startDecodings } from './decoding.js'
import { createExecutables, type Executables, rowsFor } from './executables.js'
import type { NamedTensors } from './leased-weights.js'
import { createNextTokens, type ExtendDecoding } from './next-tokens.js'
import { createRolloutWeights, type RolloutWeights } from './rollout-weights.js'

/** Settings that all calls of a generator share. */
export interface GeneratorSettings {
  readonly config: DecoderConfig
  /** Tokens that end a completion. */
  readonly ends: readonly number[]
  /** Maximum number of sequences decoded at the same time. */
  readonly slots: number
  /** Number format of the weights that tokens are sampled from. */
  readonly form: WeightForm
}

/** Prompts of one batch to sample completions for. */
export interface GenerateCall {
  readonly step: number
  readonly prompts: readonly Tokens[]
  /** Number of the first prompt within its batch. */
  readonly offset: number
  readonly sampling: Sampling
}

interface StartedGenerator extends GeneratorSettings {
  readonly executables: Executables
  readonly rollout: RolloutWeights
}

/** Routine that samples completions next to the engine. The tensors of a call are the model's weights by name. */
export const generator: Routine<GeneratorSettings, GenerateCall, SampledGroup> = {
  module: import.meta.url,
  name: 'generator',
  start: (engine, settings) => {
    const executables = createExecutables(engine)
    const rollout = createRolloutWeights({ engine, executables }, settings.config, settings.form)
    const started: StartedGenerator = { ...settings, config: rollout.config, executables, rollout }
    return {
      run: (weights, call, signal) => run(started, weights, call, signal),
      dispose: async () => {
        started.rollout.dispose()
        await started.executables.dispose()
      },
    }
  },
}

async function* run(
  started: StartedGenerator,
  own: NamedTensors,
  call: GenerateCall,
  signal: AbortSignal,
): AsyncGenerator<SampledGroup> {
  const { prompts, sampling } = call
  const lease = await started.rollout.lease(own)
  try {
    const maxLength = Math.max(...prompts.map((tokens) => tokens.length)) + sampling.maxTokens
    const prediction = createNextTokens(started, sampling)
    const decoder = createCachedDecoder(started, lease.weights, maxLength, prediction)
    try {
      yield* generate(started, decoder, call, signal)
    } finally {
      decoder.dispose()
    }
  } finally {
    lease.release()
  }
}

/**
 * Samples G completions per prompt and yields each group when its last completion ends. A prompt is read once, and its cache
 * is repeated for the group. At most `slots` sequences are decoded at the same time, or as many as memory allows. When a
 * quarter of the slots are free, the next prompts take them. When no prompts are left, half of the rows are dropped each time
 * half of the sequences have ended.
 *
 * Draws are keyed by (seed, step, prompt, sample, token), so the order of completion and the number of slots change numbers by
 * rounding only. The rounding steps of int8 are larger.
 */
async function* generate(
  { form, slots: maxSlots }: StartedGenerator,
  decoder: CachedDecoder<ExtendDecoding>,
  call: GenerateCall,
  signal: AbortSignal,
): AsyncGenerator<SampledGroup> {
  const { step, prompts, offset, sampling } = call
  const groups = prompts.map((_, prompt) => startDecodings(sampling, prompt, { step, place: offset + prompt }, form))
  const finishedGroups = createFinishedGroups(groups)
  const slots = Math.min(maxSlots, decoder.capacity)
  const isCancelled = () => signal.aborted
  let waiting = [...groups.keys()]
  let rows: readonly Decoding[] = []
  /** Reads the prompts that fit into free slots, and samples the first token of each of their decodings. */
  const admit = async (active: number) => {
    const next = waiting.slice(0, admissions(slots, active, sampling.group))
    waiting = waiting.slice(next.length)
    if (next.length === 0) return []
    const admitted = next.flatMap((prompt, place) => groups[prompt]!.map((decoding) => ({ decoding, place })))
    const extend = await decoder.read(
      next.map((prompt) => prompts[prompt]!),
      admitted.map(({ decoding, place }) => ({ source: place, uniform: nextUniform(decoding) })),
    )
    admitted.forEach(({ decoding }, draw) => extend(decoding, draw))
    return admitted.filter(({ decoding }) => !decoding.isFinished)
  }
  while (!isCancelled()) {
    const active = rows.flatMap((decoding, row) => (decoding.isFinished ? [] : [{ decoding, row }]))
    const admitted = await admit(active.length)
    if (isCancelled()) return
    yield* finishedGroups()
    if (active.length + admitted.length === 0) {
      if (waiting.length === 0) return
      continue
    }
    if (admitted.length > 0 || rowsFor(active.length) < rowsFor(rows.length)) {
      await decoder.keep([...active.map(({ row }) => row), ...admitted.map(({ place }) => rows.length + place)])
      rows = [...active, ...admitted].map(({ decoding }) => decoding)
      if (isCancelled()) return
    }
    const extend = await decoder.step(
      rows.map(lastToken),
      rows.map((decoding) => lastPosition(call, decoding)),
      rows.map(nextUniform),
    )
    rows.forEach((decoding, row) => {
      if (!decoding.isFinished) extend(decoding, row)
    })
  }
}

/** Returns the number of prompts to read now: none until a quarter of the slots are free, because reading copies all caches. */
const admissions = (slots: number, active: number, group: number): number => {
  if (active === 0) return Math.max(1, Math.floor(slots / group))
  const free = slots - active
  return free >= slots / 4 ? Math.floor(free / group) : 0
}

const lastToken = ({ tokens, length }: Decoding): number => tokens[length - 1]!

const nextUniform = ({ uniform, length }: Decoding): number => uniform(length)

const lastPosition = ({ prompts }: GenerateCall, { prompt, length }: Decoding): number =>
  prompts[prompt]!.length + length - 1
