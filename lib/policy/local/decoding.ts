import type { DeviceTensor } from '../../compute/engine/engine.js'
import type { HostTensor } from '../../compute/program/node.js'
import type { DecoderConfig } from '../../model/decoder-config.js'
import { cacheSize, decodeProgram, pickProgram, prefillProgram } from '../../model/program/generate.js'
import type { WeightForm } from '../../model/weight-form.js'
import { type Executables, rowsFor, roundUp } from './executables.js'

/** Sequences on the engine, a row each: keys and values of what was read so far. */
export interface Decoding {
  /** Rows whose keys and values fit into the memory that there is for them. */
  readonly room: number
  /** Reads prompts, once each, and gives logits of the token after. @shape [P, V] */
  read(prompts: readonly Tokens[]): Promise<ArrayLike<number>>
  /**
   * The rows from here on, each going on from one of those there are, or from a prompt: those read since the last time
   * are counted after the rows.
   */
  keep(rows: readonly number[]): Promise<void>
  /** Reads one more token per row, at its position. @shape [rows] -> logits [rows, V] */
  step(tokens: readonly number[], positions: readonly number[]): Promise<ArrayLike<number>>
  dispose(): void
}

/** A prompt, as the model reads it. */
export type Tokens = readonly number[]

type Cache = Readonly<Record<string, DeviceTensor>>

interface Decoder {
  readonly config: DecoderConfig
  readonly form: WeightForm
  /** Those of this form alone. */
  readonly executables: Executables
}

/** Some rows of a cache; what is allocated is a shape that recurs. */
interface Rows {
  readonly used: number
  readonly allocated: number
  readonly cache: Cache
}

/** For keys and values: of a model with long sequences they take more than its weights. @units bytes */
const CACHE = 2 ** 31

/** What lengths of caches and prompts are multiples of. @units tokens */
const STEP = 8

const noRows: Rows = { used: 0, allocated: 0, cache: {} }

/** `weights` are the model's in that form, by name; `longest` is what no sequence will be longer than. @units tokens */
export const decoding = (
  { config, form, executables }: Decoder,
  weights: Readonly<Record<string, DeviceTensor>>,
  longest: number,
): Decoding => {
  const limit = roundUp(longest, STEP)
  let rows = noRows
  let read = noRows
  const free = ({ cache }: Rows) => {
    for (const tensor of Object.values(cache)) tensor.dispose()
  }
  return {
    room: Math.max(1, Math.floor(CACHE / (Float32Array.BYTES_PER_ELEMENT * cacheSize(config, limit)))),
    read: async (prompts) => {
      const length = roundUp(Math.max(...prompts.map((tokens) => tokens.length)), STEP)
      const allocated = rowsFor(prompts.length, length)
      const prefill = await executables.get(config, `prefill ${allocated} ${length} ${limit}`, () =>
        prefillProgram(config, allocated, length, limit, form),
      )
      const { device, host } = await prefill.run({ ...weights, ...promptFeed(prompts, allocated, length) }, ['logits'])
      free(read)
      read = { used: prompts.length, allocated, cache: device }
      return host['logits']!.data
    },
    keep: async (kept) => {
      const to = rowsFor(kept.length)
      const { used } = rows
      const from = [rows, read].filter(({ allocated }) => allocated > 0)
      const sources = from.map(({ allocated }) => allocated)
      const pick = await executables.get(config, `pick ${sources.join()} ${to} ${limit}`, () =>
        pickProgram(config, sources, to, limit),
      )
      // Prompts lie behind all rows that are allocated, not behind those in use.
      const places = kept.map((row) => (row < used ? row : row - used + rows.allocated))
      const caches = from.flatMap(({ cache }, source) =>
        Object.entries(cache).map(([name, tensor]) => [`${source}.${name}`, tensor] as const),
      )
      const { device } = await pick.run({ ...Object.fromEntries(caches), rows: padded(places, to) })
      free(rows)
      free(read)
      rows = { used: kept.length, allocated: to, cache: device }
      read = noRows
    },
    step: async (tokens, positions) => {
      const { allocated, cache } = rows
      const decode = await executables.get(config, `decode ${allocated} ${limit}`, () =>
        decodeProgram(config, allocated, limit, form),
      )
      const feed = { ...weights, ...cache, tokens: padded(tokens, allocated), positions: padded(positions, allocated) }
      const { device, host } = await decode.run(feed, ['logits'], Object.keys(cache))
      rows = { ...rows, cache: device }
      return host['logits']!.data
    },
    dispose: () => {
      free(rows)
      free(read)
    },
  }
}

const padded = (values: readonly number[], rows: number): HostTensor => {
  const data = new Int32Array(rows)
  data.set(values)
  return { shape: [rows], data }
}

const promptFeed = (prompts: readonly Tokens[], rows: number, length: number) => {
  const data = new Int32Array(rows * length)
  prompts.forEach((tokens, row) => data.set(tokens, row * length))
  const last = prompts.map((tokens, row) => row * length + tokens.length - 1)
  return { tokens: { shape: [rows, length], data }, last: padded(last, rows) }
}
