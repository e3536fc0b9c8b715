import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decoders } from '#bench/fuzz/decoders/index.js'
import type { Decode } from '#bench/fuzz/fuzz-decoder.js'
import { mutatedInputs } from '#bench/fuzz/inputs.js'
import { limits } from '#bench/fuzz/job.js'
import { inputOf, readPastFindings } from '#bench/fuzz/past-findings.js'
import { isTyped } from '#bench/fuzz/typed-error.js'

/** Number of mutated inputs of each decoder. `npm run bench -- fuzz` has a million of all. */
const INPUTS = 40

/** Decoder that draws, which takes much longer than the others. */
const few = (name: string): number => (name === 'plot' ? 3 : INPUTS)

const withDecoder = async (name: string, use: (decode: Decode) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'decoder-'))
  const unhandled: unknown[] = []
  const listener = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', listener)
  try {
    await use(await decoders[name]!.open(folder))
    // Node reports an unhandled rejection after the microtasks of its turn.
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    process.off('unhandledRejection', listener)
    await rm(folder, { recursive: true })
  }
  expect(unhandled).toEqual([])
}

/** Fails unless an input is accepted, or refused by an error with a place, what was found and what was expected. */
const expectVerdict = async (decode: Decode, input: Uint8Array, number: number): Promise<void> => {
  try {
    await decode(input)
  } catch (error) {
    if (!isTyped(error)) throw new Error(`input ${number} has an untyped error`, { cause: error })
  }
}

describe.each(Object.entries(decoders))('%s', { timeout: 120_000 }, (name, decoder) => {
  it('accepts its samples', async () => {
    const samples = await decoder.samples()
    expect(samples.length).toBeGreaterThan(0)
    await withDecoder(name, async (decode) => {
      for (const sample of samples) await decode(sample)
    })
  })

  it('makes the same samples again, because an input is named by its number', async () => {
    expect(await decoder.samples()).toEqual(await decoder.samples())
  })

  it('accepts or refuses mutated inputs, and its memory stays small', async () => {
    const inputAt = await mutatedInputs(name, decoder, 0)
    const before = process.memoryUsage().rss
    await withDecoder(name, async (decode) => {
      for (let number = 0; number < few(name); number++) await expectVerdict(decode, inputAt(number), number)
    })
    // Garbage of many inputs may wait for its collection.
    expect(process.memoryUsage().rss - before).toBeLessThan(8 * limits.bytes)
  })

  it('accepts or refuses the inputs that were findings before', async () => {
    const past = await readPastFindings(name)
    await withDecoder(name, async (decode) => {
      for (const [number, finding] of past.entries()) await expectVerdict(decode, inputOf(finding), number)
    })
  })
})

describe('mutatedInputs', () => {
  it('makes an input again by its number, and other inputs by another number or seed', async () => {
    const { config } = decoders
    const [inputAt, again, other] = await Promise.all([1, 1, 2].map((seed) => mutatedInputs('config', config!, seed)))
    for (const number of [0, 7, 999_999]) {
      expect(again!(number)).toEqual(inputAt!(number))
      expect(other!(number)).not.toEqual(inputAt!(number))
    }
    expect(inputAt!(0)).not.toEqual(inputAt!(1))
  })
})
