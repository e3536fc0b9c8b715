import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { input } from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'
import { drawTokens, splitUniform } from '#lib/model/token-draws.js'
import { createTokenMeasure, tokenMeasures } from '#lib/policy/local/token-measure.js'
import { createTokenSampler } from '#lib/policy/local/token-sampler.js'
import { uniform } from '#lib/random/uniform.js'
import { expectClose } from '../compute/reference/close.js'
import { floats, identity } from './golden.js'
import type { Runner } from './runner.js'
import { runners } from './runners.js'

const COLUMNS = 1 + tokenMeasures.length

interface Draw {
  readonly logits: readonly number[]
  readonly uniform: number
}

/** Draws with a program: tokens, and the measures of each. */
const drawWith = async (runner: Runner, temperature: number, draws: readonly Draw[]) => {
  const [n, V] = [draws.length, draws[0]!.logits.length]
  const { tokens, measures } = drawTokens(input('logits', [n, V]), identity(V), input('uniforms', [n, 2]), temperature)
  const found = await runner.run(program('draw', { tokens, measures }), {
    logits: floats(
      [n, V],
      draws.flatMap(({ logits }) => logits),
    ),
    uniforms: floats(
      [n, 2],
      draws.flatMap((draw) => splitUniform(draw.uniform)),
    ),
  })
  return { tokens: [...found['tokens']!.data], measures: [...found['measures']!.data] }
}

/** Draws as the host does, from the logits in float32. */
const drawOnHost = (temperature: number, draws: readonly Draw[]) => {
  const V = draws[0]!.logits.length
  const sample = createTokenSampler(V, { group: 1, temperature, topK: 0, topP: 1, maxTokens: 1, seed: 0 })
  const measure = createTokenMeasure(V)
  const measures = new Float32Array(COLUMNS * draws.length)
  const tokens = draws.map(({ logits, uniform }, i) => {
    const row = Float32Array.from(logits)
    const token = sample(row, 0, uniform, measures, COLUMNS * i)
    measure(row, 0, token, measures, 1, COLUMNS * i + 1)
    return token
  })
  return { tokens, measures: [...measures] }
}

/** Random logits of a peaked distribution, and a uniform number, for each draw. */
const randomDraws = (count: number, V: number): readonly Draw[] =>
  Array.from({ length: count }, (_, i) => ({
    logits: Array.from({ length: V }, (_, v) => Math.fround(12 * uniform(1, V, i, v) ** 3)),
    uniform: uniform(2, V, i),
  }))

describe.each(runners)('draws in $name', ({ open, tolerance }) => {
  let runner: Runner
  beforeAll(async () => {
    runner = await open()
  })
  afterAll(() => runner.close())

  // 36 and 100 are divided into blocks without a rest, 37 and 101 are not.
  it.each([1, 2, 36, 37, 100, 101])('are those of the host, for a vocabulary of %i', async (V) => {
    for (const temperature of [1, 0.6, 1.7, 0]) {
      const draws = randomDraws(24, V)
      const [found, expected] = [await drawWith(runner, temperature, draws), drawOnHost(temperature, draws)]
      expect(found.tokens).toEqual(expected.tokens)
      expectClose(found.measures, expected.measures, 2 * tolerance)
    }
  })

  it('are the most probable tokens at temperature 0, the first of several', async () => {
    const draws = [0, 0.5, 1 - 2 ** -53].map((uniform) => ({ logits: [1, 3, -2, 3, 3], uniform }))
    expect((await drawWith(runner, 0, draws)).tokens).toEqual([1, 1, 1])
  })

  it('never have probability 0', async () => {
    const [no, yes] = [-2000, 3]
    const rows = [
      { logits: [no, no, no, yes, no, no, no, no, no, no], only: 3 },
      { logits: [yes, no, no, no, no, no, no, no, no, no], only: 0 },
      { logits: [no, no, no, no, no, no, no, no, no, yes], only: 9 },
    ]
    const draws = rows.flatMap(({ logits }) =>
      [0, 2 ** -60, 0.5, 1 - 2 ** -30, 1 - 2 ** -53].map((uniform) => ({ logits, uniform })),
    )
    const { tokens, measures } = await drawWith(runner, 1, draws)
    expect(tokens).toEqual(rows.flatMap(({ only }) => new Array<number>(5).fill(only)))
    draws.forEach((_, i) => expectClose(measures.slice(COLUMNS * i, COLUMNS * i + 2), [0, 0], 1e-6))
  })

  it('reach tokens that are rarer than the steps of one float32 number', async () => {
    // Five of the last six tokens have probability 2^-26. Below 1, numbers of float32 are 2^-24 apart.
    const logits = Array.from({ length: 36 }, (_, v) =>
      v === 0 ? 0 : v < 30 ? -2000 : Math.log(2 ** (v === 30 ? -22 : -26)),
    )
    const rare = 2 ** -22 + 5 * 2 ** -26
    const draws = Array.from({ length: 400 }, (_, i) => ({ logits, uniform: 1 - (rare * (i + 0.5)) / 400 }))
    const { tokens } = await drawWith(runner, 1, draws)
    expect(new Set(tokens.filter((token) => token > 30))).toEqual(new Set([31, 32, 33, 34, 35]))
  })
})

describe('splitUniform', () => {
  it.each([0, 2 ** -40, 0.1, 0.7, 1 - 2 ** -53])('returns two float32 numbers whose sum is %d', (uniform) => {
    const [high, low] = splitUniform(uniform)
    expect([high, low]).toEqual([high, low].map(Math.fround))
    expect(Math.abs(high + low - uniform)).toBeLessThan(2 ** -48)
  })
})
