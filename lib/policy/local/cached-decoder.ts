import type { DeviceTensor, Feed } from '../../compute/engine/engine.js'
import type { HostTensor } from '../../compute/program/node.js'
import type { DecoderConfig } from '../../model/decoder-config.js'
import {
  cacheSize,
  decodeProgram,
  pickProgram,
  prefillProgram,
  type ProgramHead,
} from '../../model/program/generate.js'
import type { WeightForm } from '../../model/weight-form.js'
import { type Executables, roundUp, rowsFor } from './executables.js'
import { freeTensors, type NamedTensors } from './leased-weights.js'

/** Draw of the token that follows a sequence. */
export interface Draw {
  /** Index of the sequence among those that are read. */
  readonly source: number
  /** Uniform number in [0, 1). */
  readonly uniform: number
}

/** Way in which a decoder predicts next tokens: the end of its programs, and what it returns for the draws. */
export interface Prediction<Predicted> {
  /** Key that is unique for the head. */
  readonly key: string
  readonly head: ProgramHead
  /** Outputs of the head that are read. */
  readonly outputs: readonly string[]
  /** Returns the sequences whose hidden states the head reads for these draws. `sequences` is their number. */
  readonly reads: (draws: readonly Draw[], sequences: number) => readonly number[]
  /** Returns the inputs of the head, for `allocated` hidden states. */
  readonly feed: (draws: readonly Draw[], allocated: number) => Feed
  readonly collect: (outputs: Readonly<Record<string, HostTensor>>, draws: readonly Draw[]) => Predicted
}

/** Decoder of several sequences, one per row, that caches their keys and values on the engine. */
export interface CachedDecoder<Predicted> {
  /** Maximum number of rows whose keys and values fit into the memory for them. */
  readonly capacity: number
  /** Reads prompts and predicts the token of each draw after its prompt. Rows start from the prompts with {@link keep}. */
  read(prompts: readonly Tokens[], draws: readonly Draw[]): Promise<Predicted>
  /**
   * Replaces the rows. Each new row continues an old row, given by its index, or a prompt read since the last call, given by
   * the number of old rows plus its index.
   */
  keep(rows: readonly number[]): Promise<void>
  /** Reads one more token per row, at its position in the sequence, and predicts the next token of each with its uniform number. @shape [rows] each */
  step(tokens: readonly number[], positions: readonly number[], uniforms: readonly number[]): Promise<Predicted>
  dispose(): void
}

/** Tokens of a prompt. */
export type Tokens = readonly number[]

interface Decoder {
  readonly config: DecoderConfig
  readonly form: WeightForm
  /** Programs of this number format only. */
  readonly executables: Executables
}

/** Keys and values of some sequences. More rows may be allocated than used, so that few shapes are compiled. */
interface CacheRows {
  readonly used: number
  readonly allocated: number
  readonly cache: NamedTensors
}

/** Memory for keys and values. With long sequences they take more than the weights. @units bytes */
const CACHE_BYTES = 2 ** 31

/** Lengths of caches and prompts are multiples of this. @units tokens */
const LENGTH_STEP = 8

const noRows: CacheRows = { used: 0, allocated: 0, cache: {} }

/**
 * Creates a decoder without sequences. `weights` are the model's weights by name, in the decoder's number format.
 *
 * @units maxLength: maximum length of a sequence in tokens, prompt included
 */
export const createCachedDecoder = <Predicted>(
  { config, form, executables }: Decoder,
  weights: Readonly<Record<string, DeviceTensor>>,
  maxLength: number,
  { key, head, outputs, reads, feed, collect }: Prediction<Predicted>,
): CachedDecoder<Predicted> => {
  const limit = roundUp(maxLength, LENGTH_STEP)
  let rows = noRows
  let prompts = noRows
  return {
    capacity: Math.max(1, Math.floor(CACHE_BYTES / (Float32Array.BYTES_PER_ELEMENT * cacheSize(config, limit)))),
    read: async (texts, draws) => {
      const length = roundUp(Math.max(...texts.map((tokens) => tokens.length)), LENGTH_STEP)
      const allocated = rowsFor(texts.length, length)
      const needed = reads(draws, texts.length)
      const predicted = rowsFor(needed.length, length)
      const prefill = await executables.get(config, `prefill ${allocated} ${length} ${limit} ${predicted} ${key}`, () =>
        prefillProgram(config, allocated, length, limit, { form, head, reads: predicted }),
      )
      const last = needed.map((row) => row * length + texts[row]!.length - 1)
      const inputs = { tokens: rowsOf(texts, allocated, length), last: vectorOf(last, predicted) }
      const { device, host } = await prefill.run({ ...weights, ...inputs, ...feed(draws, predicted) }, outputs)
      freeTensors(prompts.cache)
      prompts = { used: texts.length, allocated, cache: device }
      return collect(host, draws)
    },
    keep: async (kept) => {
      const allocated = rowsFor(kept.length)
      const { used } = rows
      const sources = [rows, prompts].filter((source) => source.allocated > 0)
      const sizes = sources.map((source) => source.allocated)
      const pick = await executables.get(config, `pick ${sizes.join()} ${allocated} ${limit}`, () =>
        pickProgram(config, sizes, allocated, limit),
      )
      // The program counts prompts after all allocated rows, not after the used ones.
      const places = kept.map((row) => (row < used ? row : row - used + rows.allocated))
      const caches = sources.flatMap(({ cache }, source) =>
        Object.entries(cache).map(([name, tensor]) => [`${source}.${name}`, tensor] as const),
      )
      const { device } = await pick.run({ ...Object.fromEntries(caches), rows: vectorOf(places, allocated) })
      freeTensors(rows.cache)
      freeTensors(prompts.cache)
      rows = { used: kept.length, allocated, cache: device }
      prompts = noRows
    },
    step: async (tokens, positions, uniforms) => {
      const { allocated, cache } = rows
      const decode = await executables.get(config, `decode ${allocated} ${limit} ${key}`, () =>
        decodeProgram(config, allocated, limit, { form, head }),
      )
      const draws = uniforms.map((uniform, source) => ({ source, uniform }))
      const inputs = { tokens: vectorOf(tokens, allocated), positions: vectorOf(positions, allocated) }
      const fed = { ...weights, ...cache, ...inputs, ...feed(draws, allocated) }
      const { device, host } = await decode.run(fed, outputs, Object.keys(cache))
      rows = { ...rows, cache: device }
      return collect(host, draws)
    },
    dispose: () => {
      freeTensors(rows.cache)
      freeTensors(prompts.cache)
    },
  }
}

/** Vector of the values, padded with 0. @shape [length] */
const vectorOf = (values: readonly number[], length: number): HostTensor => {
  const data = new Int32Array(length)
  data.set(values)
  return { shape: [length], data }
}

/** Tokens of prompts, padded with 0. @shape [rows, length] */
const rowsOf = (prompts: readonly Tokens[], rows: number, length: number): HostTensor => {
  const data = new Int32Array(rows * length)
  prompts.forEach((tokens, row) => data.set(tokens, row * length))
  return { shape: [rows, length], data }
}
