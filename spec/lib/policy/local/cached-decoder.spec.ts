import { fc, test } from '@fast-check/vitest'
import { afterAll, describe, expect, it } from 'vitest'
import type { DeviceTensor } from '#lib/compute/engine/engine.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { weightFeed } from '#lib/model/weights.js'
import { logitsHead } from '#lib/model/program/generate.js'
import {
  type CachedDecoder,
  createCachedDecoder as decodingOf,
  type Prediction,
} from '#lib/policy/local/cached-decoder.js'
import { createExecutables } from '#lib/policy/local/executables.js'
import { expectClose } from '../../compute/reference/close.js'
import { fullPass } from '../../model/full-pass.js'
import { anyText, checkpoint, config, tokenizer } from './tiny.js'

const engine = await inWorker('onnx', { threads: 1 })
afterAll(() => engine.close())

const V = config.vocabulary
const parameters = new Map<string, DeviceTensor>()
for (const [name, tensor] of checkpoint.weights) parameters.set(name, await engine.upload(tensor))
/** Returns the logits, from which a spec draws nothing. */
const logits: Prediction<ArrayLike<number>> = {
  key: 'logits',
  head: logitsHead,
  outputs: ['logits'],
  reads: (_, sequences) => Array.from({ length: sequences }, (_, row) => row),
  feed: () => ({}),
  collect: (outputs) => outputs['logits']!.data,
}
const model = { config, form: 'float32', executables: createExecutables(engine) } as const
/** Maximum length of the sequences. */
const start = (texts: readonly string[], maxTokens: number) =>
  decodingOf(model, weightFeed(parameters), Math.max(...texts.map((text) => text.length)) + maxTokens, logits)
const encoded = (texts: readonly string[]) => texts.map((text) => [...tokenizer.encode(text)])

/** Logits after a whole sequence, computed without a cache. */
const LENGTH = 32
const whole = await engine.compile(fullPass(config, 1, LENGTH))
const after = async (sequence: readonly number[]): Promise<ArrayLike<number>> => {
  const tokens = { shape: [1, LENGTH], data: new Int32Array(LENGTH) }
  tokens.data.set(sequence)
  const { host } = await whole.run({ ...weightFeed(parameters), tokens }, ['logits'])
  return host['logits']!.data.slice((sequence.length - 1) * V, sequence.length * V)
}

const expectRows = async (logits: ArrayLike<number>, sequences: readonly (readonly number[])[]) => {
  for (const [row, sequence] of sequences.entries())
    expectClose(Array.from(logits).slice(row * V, (row + 1) * V), await after(sequence), 1e-4)
}

/** Feeds one more token to each sequence and records it. */
const advance = (decoding: CachedDecoder<ArrayLike<number>>, sequences: number[][], token: (row: number) => number) => {
  sequences.forEach((sequence, row) => sequence.push(token(row)))
  return decoding.step(
    sequences.map((sequence) => sequence.at(-1)!),
    sequences.map((sequence) => sequence.length - 1),
    sequences.map(() => 0),
  )
}

const anyMove = fc.oneof(
  { weight: 3, arbitrary: fc.record({ token: fc.nat(V - 1) }) },
  fc.record({ keep: fc.array(fc.nat(), { minLength: 1, maxLength: 12 }) }),
  fc.record({
    read: fc.array(anyText(12), { minLength: 1, maxLength: 3 }),
    keep: fc.array(fc.nat(), { minLength: 1, maxLength: 12 }),
  }),
)

describe('capacity', () => {
  const roomOf = (of: Partial<typeof config>, longest: number) =>
    decodingOf({ ...model, config: { ...config, ...of } }, {}, longest, logits).capacity

  it('is the number of rows that fit into 2 GiB', () => {
    // Keys and values of 30 layers, 3 heads of 64, 1024 places, 4 bytes each.
    const smollm2 = { layers: 30, kvHeads: 3, headWidth: 64 }
    expect(roomOf(smollm2, 1024)).toBe(Math.floor(2 ** 31 / (2 * 30 * 3 * 64 * 1024 * 4)))
    expect(roomOf(smollm2, 512)).toBe(2 * roomOf(smollm2, 1024) + 1)
    expect(roomOf(smollm2, 2 ** 20)).toBe(1)
  })
})

describe('decoding', () => {
  test.prop([fc.array(anyText(12), { minLength: 1, maxLength: 9 }), fc.array(anyMove, { maxLength: 8 })], {
    numRuns: 25,
  })(
    'predicts the same as reading whole sequences, for any choice of kept and repeated rows and prompts',
    async (texts, moves) => {
      const before = await engine.memory()
      const decoding = start([...texts, 'x'.repeat(12)], moves.length + 1)
      const read = async (more: readonly string[]) => {
        const prompts = encoded(more)
        await expectRows(await decoding.read(prompts, []), prompts)
        return prompts
      }
      const pick = async (from: readonly number[][], places: readonly number[]) => {
        const rows = places.map((place) => place % from.length)
        await decoding.keep(rows)
        return rows.map((row) => [...from[row]!])
      }
      const prompts = await read(texts)
      let sequences = await pick(prompts, [...prompts.keys()])
      for (const move of moves) {
        if ('token' in move)
          await expectRows(await advance(decoding, sequences, (row) => (move.token + row) % V), sequences)
        else if ('read' in move) sequences = await pick([...sequences, ...(await read(move.read))], move.keep)
        else sequences = await pick(sequences, move.keep)
      }
      decoding.dispose()
      expect(await engine.memory()).toEqual(before)
    },
  )

  it('holds one cache for any number of tokens', async () => {
    const before = await engine.memory()
    const decoding = start(['1+', '23'], 14)
    const sequences = encoded(['1+', '23'])
    await decoding.read(sequences, [])
    await decoding.keep([0, 1])
    for (let t = 0; t < 14; t++) {
      const { tensors, bytes } = await engine.memory()
      expect(tensors - before.tensors).toBe(2 * config.layers)
      // 8 rows of 16 positions.
      expect(bytes - before.bytes).toBe(2 * config.layers * 4 * 8 * config.kvHeads * 16 * config.headWidth)
      await advance(decoding, sequences, (row) => (row + t) % V)
    }
    decoding.dispose()
    expect(await engine.memory()).toEqual(before)
  })
})
