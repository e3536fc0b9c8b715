import { fc, test } from '@fast-check/vitest'
import { afterAll, describe, expect, it } from 'vitest'
import type { DeviceTensor } from '#lib/compute/engine/engine.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { parameterFeed } from '#lib/model/parameters.js'
import { type Decoding, startDecoding } from '#lib/policy/local/decoding.js'
import { executables } from '#lib/policy/local/executables.js'
import { parameterStore } from '#lib/policy/parameter-store.js'
import { expectClose } from '../../compute/reference/close.js'
import { fullPass } from '../../model/full-pass.js'
import { anyText, checkpoint, config, promptsOf, tokenizer } from './tiny.js'

const engine = await inWorker('onnx', { threads: 1 })
afterAll(() => engine.close())

const V = config.vocabulary
const parameters = new Map<string, DeviceTensor>()
for (const [name, tensor] of checkpoint.parameters) parameters.set(name, await engine.upload(tensor))
const model = {
  engine,
  config,
  tokenizer,
  store: parameterStore(parameters),
  executables: executables(engine),
  microBatch: 8,
}
const start = (texts: readonly string[], maxTokens: number) =>
  startDecoding(model, parameters, promptsOf(texts).prompts, maxTokens)

/** Logits of what comes after a whole sequence, read anew. */
const LENGTH = 32
const whole = await engine.compile(fullPass(config, 1, LENGTH))
const after = async (sequence: readonly number[]): Promise<ArrayLike<number>> => {
  const tokens = { shape: [1, LENGTH], data: new Int32Array(LENGTH) }
  tokens.data.set(sequence)
  const { host } = await whole.run({ ...parameterFeed(parameters), tokens }, ['logits'])
  return host['logits']!.data.slice((sequence.length - 1) * V, sequence.length * V)
}

const expectRows = async (logits: ArrayLike<number>, sequences: readonly (readonly number[])[]) => {
  for (const [row, sequence] of sequences.entries())
    expectClose(Array.from(logits).slice(row * V, (row + 1) * V), await after(sequence), 1e-4)
}

/** Feeds each sequence one more token, and writes it down. */
const advance = (decoding: Decoding, sequences: number[][], token: (row: number) => number) => {
  sequences.forEach((sequence, row) => sequence.push(token(row)))
  return decoding.step(
    sequences.map((sequence) => sequence.at(-1)!),
    sequences.map((sequence) => sequence.length - 1),
  )
}

const anyMove = fc.oneof(
  { weight: 3, arbitrary: fc.record({ token: fc.nat(V - 1) }) },
  fc.record({ keep: fc.array(fc.nat(), { minLength: 1, maxLength: 12 }) }),
)

describe('decoding', () => {
  test.prop([fc.array(anyText(12), { minLength: 1, maxLength: 9 }), fc.array(anyMove, { maxLength: 8 })], {
    numRuns: 25,
  })(
    'predicts what reading the whole sequence predicts, whichever rows are kept and repeated',
    async (texts, moves) => {
      const before = await engine.memory()
      const decoding = await start(texts, moves.length + 1)
      let sequences = texts.map((text) => [...tokenizer.encode(text)])
      await expectRows(decoding.logits, sequences)
      let last: ArrayLike<number> = decoding.logits
      for (const move of moves) {
        if ('keep' in move) {
          const rows = move.keep.map((row) => row % sequences.length)
          await decoding.keep(rows)
          sequences = rows.map((row) => [...sequences[row]!])
        } else {
          last = await advance(decoding, sequences, (row) => (move.token + row) % V)
          await expectRows(last, sequences)
        }
      }
      decoding.dispose()
      expect(await engine.memory()).toEqual(before)
    },
  )

  it('holds one cache, however many tokens were read', async () => {
    const before = await engine.memory()
    const decoding = await start(['1+', '23'], 14)
    const sequences = ['1+', '23'].map((text) => [...tokenizer.encode(text)])
    for (let t = 0; t < 14; t++) {
      const { tensors, bytes } = await engine.memory()
      expect(tensors - before.tensors).toBe(2 * config.layers)
      // 8 rows of 24 positions.
      expect(bytes - before.bytes).toBe(2 * config.layers * 4 * 8 * config.kvHeads * 24 * config.headWidth)
      await advance(decoding, sequences, (row) => (row + t) % V)
    }
    decoding.dispose()
    expect(await engine.memory()).toEqual(before)
  })
})
