import type { DeviceTensor } from '../../compute/engine/engine.js'
import type { HostTensor } from '../../compute/program/node.js'
import { parameterFeed, type Parameters } from '../../model/parameters.js'
import { decodeProgram, pickProgram, prefillProgram } from '../../model/program/generate.js'
import type { Prompt } from '../../rollout/prompt.js'
import { powerOfTwo, roundUp } from './executables.js'
import type { Model } from './model.js'

/** A batch of sequences on the engine: keys and values of what was read so far. */
export interface Decoding {
  /** Logits of the first token after every prompt. @shape [P, V] */
  readonly logits: ArrayLike<number>
  /** The sequences from here on, each continuing one of the current rows (prompts at first). */
  keep(rows: readonly number[]): Promise<void>
  /** Reads one more token per row, at its position. @shape [rows] -> logits [rows, V] */
  step(tokens: readonly number[], positions: readonly number[]): Promise<ArrayLike<number>>
  dispose(): void
}

type Cache = Readonly<Record<string, DeviceTensor>>

/** Reads the prompts once each; `limit` is the longest a whole sequence may become. @units tokens */
export const startDecoding = async (
  { config, executables }: Model,
  parameters: Parameters<DeviceTensor>,
  prompts: readonly Prompt[],
  maxTokens: number,
): Promise<Decoding> => {
  const weights = parameterFeed(parameters)
  const length = roundUp(Math.max(...prompts.map(({ tokens }) => tokens.length)))
  const limit = roundUp(length + maxTokens)
  let rows = powerOfTwo(prompts.length)
  let cache: Cache = {}
  const replaceCache = (next: Cache) => {
    for (const tensor of Object.values(cache)) tensor.dispose()
    cache = next
  }

  const prefill = await executables.get(config, `prefill ${rows} ${length} ${limit}`, () =>
    prefillProgram(config, rows, length, limit),
  )
  const first = await prefill.run({ ...weights, ...promptFeed(prompts, rows, length) }, ['logits'])
  replaceCache(first.device)
  return {
    logits: first.host['logits']!.data,
    keep: async (picked) => {
      const to = powerOfTwo(picked.length)
      const pick = await executables.get(config, `pick ${rows} ${to} ${limit}`, () =>
        pickProgram(config, rows, to, limit),
      )
      replaceCache((await pick.run({ ...cache, rows: padded(picked, to) })).device)
      rows = to
    },
    step: async (tokens, positions) => {
      const decode = await executables.get(config, `decode ${rows} ${limit}`, () => decodeProgram(config, rows, limit))
      const feed = { ...weights, ...cache, tokens: padded(tokens, rows), positions: padded(positions, rows) }
      const { device, host } = await decode.run(feed, ['logits'], Object.keys(cache))
      replaceCache(device)
      return host['logits']!.data
    },
    dispose: () => replaceCache({}),
  }
}

const padded = (values: readonly number[], rows: number): HostTensor => {
  const data = new Int32Array(rows)
  data.set(values)
  return { shape: [rows], data }
}

const promptFeed = (prompts: readonly Prompt[], rows: number, length: number) => {
  const data = new Int32Array(rows * length)
  prompts.forEach(({ tokens }, row) => data.set(tokens, row * length))
  const last = prompts.map(({ tokens }, row) => row * length + tokens.length - 1)
  return { tokens: { shape: [rows, length], data }, last: padded(last, rows) }
}
