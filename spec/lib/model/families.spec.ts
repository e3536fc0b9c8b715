import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { HostTensor } from '#lib/compute/program/node.js'
import { decodeConfig } from '#lib/model/hugging-face/config.js'
import { mapWeights, type WeightMap, weightShapes } from '#lib/model/weights.js'
import { decodeProgram, prefillProgram } from '#lib/model/program/generate.js'
import { scoreProgram } from '#lib/model/program/score.js'
import { GRADIENT, trainProgram } from '#lib/model/program/train.js'
import type { WeightForm } from '#lib/model/weight-form.js'
import { supervised } from '#lib/objective/supervised.js'
import { expectClose, expectRelative } from '../compute/reference/close.js'
import { interpret } from '../compute/reference/interpret.js'
import { inEightBits, rounded } from './eight-bits.js'
import { fullPass } from './full-pass.js'
import { feedOf, floats, formulaWeights, ints } from './golden.js'
import type { Runner } from './runner.js'
import { runners } from './runners.js'

/** Output of bench/reference/decoders.py. Logits are [tokens, V], flat, a list for each row of the batch. */
interface Golden {
  readonly config: unknown
  readonly rows: readonly (readonly number[])[]
  /** Length of each row's prompt. */
  readonly prompts: readonly number[]
  readonly rightPadded: readonly (readonly number[])[]
  readonly leftPadded: readonly (readonly number[])[]
  /** Logits from the last token of each prompt on. */
  readonly cached: readonly (readonly number[])[]
  /** Gradient checksums over the tokens after the prompts, by weight: sum g^2 and sum g_i cos i. */
  readonly gradients: Readonly<Record<string, readonly [number, number]>>
}

const golden = (name: string) => {
  const read = JSON.parse(readFileSync(`spec/golden/decoders/${name}.json`, 'utf8')) as Golden
  const decoded = decodeConfig(read.config, name)
  if (E.isLeft(decoded)) throw decoded.left
  return { ...read, config: decoded.right.decoder }
}

/** Tolerance of logits, which both sides compute in float32. */
const TOLERANCE = 1e-4

const names = ['qwen3', 'qwen2.5', 'llama3', 'mistral', 'smollm3'] as const

/** On an emulated GPU one family is checked, because its kernels take long to compile there. */
const namesOn = (runner: string): readonly (typeof names)[number][] =>
  inject('emulated').some((engine) => engine === runner) ? ['qwen3'] : names

/** Rows of tokens as one matrix, padded with zeros. */
const padded = (rows: readonly (readonly number[])[], length = Math.max(...rows.map((row) => row.length))) =>
  ints(
    [rows.length, length],
    rows.flatMap((row) => [...row, ...new Array<number>(length - row.length).fill(0)]),
  )

const logSoftmax = (logits: readonly number[]): readonly number[] => {
  const sum = Math.log(logits.reduce((total, x) => total + Math.exp(x), 0))
  return logits.map((x) => x - sum)
}

describe.each(runners)('decoders of Hugging Face in $name', ({ name: engine, open }) => {
  let runner: Runner
  beforeAll(async () => {
    runner = await open()
  })
  afterAll(() => runner.close())

  describe.each(namesOn(engine))('%s', (name) => {
    const { config, rows, prompts, rightPadded, leftPadded, cached, gradients } = golden(name)
    const V = config.vocabulary
    const B = rows.length
    const weights = feedOf(formulaWeights(config))

    it('gives the logits of rows padded on either side', async () => {
      const T = Math.max(...rows.map((row) => row.length))
      const { logits } = await runner.run(fullPass(config, B, T), { ...weights, tokens: padded(rows) })
      rows.forEach((row, b) => {
        const own = [...logits!.data].slice(b * T * V, (b * T + row.length) * V)
        expectClose(own, rightPadded[b]!, TOLERANCE)
        expectClose(own, leftPadded[b]!, TOLERANCE)
      })
    })

    const completions = rows.map((row, b) => row.slice(prompts[b]))
    const shape = {
      prompts: B,
      promptLength: Math.max(...prompts),
      rows: B,
      length: Math.max(...completions.map(({ length }) => length)),
    }
    const sequences = {
      prompts: padded(
        rows.map((row, b) => row.slice(0, prompts[b])),
        shape.promptLength,
      ),
      targets: padded(completions, shape.length),
      prompt: ints([B], rows.keys()),
      lengths: ints([B], prompts),
    }

    it('scores completions after padded prompts', async () => {
      const { logprob } = await runner.run(scoreProgram(config, shape), { ...weights, ...sequences })
      completions.forEach((completion, b) => {
        const expected = completion.map((token, t) => {
          const at = prompts[b]! - 1 + t
          return logSoftmax(rightPadded[b]!.slice(at * V, (at + 1) * V))[token]!
        })
        const own = [...logprob!.data].slice(b * shape.length, b * shape.length + completion.length)
        expectClose(own, expected, TOLERANCE)
      })
    })

    it.each([false, true])(
      'gives the gradient of every weight, with gradient checkpointing: %s',
      async (gradientCheckpointing) => {
        const trained = completions.flatMap(({ length }) =>
          Array.from({ length: shape.length }, (_, t) => Number(t < length)),
        )
        const matrix = floats([B, shape.length], trained)
        const given = { oldLogprobs: matrix, advantages: matrix, mask: matrix, weights: matrix }
        const program = trainProgram(config, supervised(), shape, { gradientCheckpointing })
        const feed = { ...weights, ...sequences, ...given }
        const read = Object.entries(feed).filter(([input]) => program.inputs.has(input))
        const found = await runner.run(program, Object.fromEntries(read))
        for (const name of weightShapes(config).keys()) {
          const g = [...found[GRADIENT + name]!.data]
          const [squares, dot] = gradients[name]!
          const scale = Math.sqrt(squares)
          expectRelative([Math.hypot(...g)], [scale], TOLERANCE)
          expectClose([g.reduce((sum, x, i) => sum + x * Math.cos(i), 0) / scale], [dot / scale], TOLERANCE)
        }
      },
    )

    it('gives the logits after a prompt and after each further token', async () => {
      const [L, limit] = [Math.max(...prompts), 8]
      const last = prompts.map((length, b) => b * L + length - 1)
      const read = rows.map((row, b) => row.slice(0, prompts[b]))
      let { logits, ...cache } = await runner.run(prefillProgram(config, B, L, limit), {
        ...weights,
        tokens: padded(read, L),
        last: ints([B], last),
      })
      const decode = decodeProgram(config, B, limit)
      const steps = Math.max(...rows.map((row, b) => row.length - prompts[b]!))
      for (let step = 0; step <= steps; step++) {
        rows.forEach((row, b) => {
          if (prompts[b]! + step > row.length) return
          expectClose(
            [...logits!.data].slice(b * V, (b + 1) * V),
            cached[b]!.slice(step * V, (step + 1) * V),
            TOLERANCE,
          )
        })
        // A row that has ended keeps reading token 0 at its last position.
        const positions = rows.map((row, b) => Math.min(prompts[b]! + step, row.length))
        const tokens = rows.map((row, b) => row[positions[b]!] ?? 0)
        const feed = { ...weights, ...cache, tokens: ints([B], tokens), positions: ints([B], positions) }
        ;({ logits, ...cache } = await runner.run(decode, feed))
      }
    })
  })
})

describe.each(names)('%s in eight bits', (name) => {
  it('computes with quantized projections, and with biases and head in float32', () => {
    const { config, rows } = golden(name)
    const [B, L, limit] = [rows.length, 7, 8]
    const weights = mapWeights(formulaWeights(config), ({ shape, data }) => ({
      shape,
      data: Float32Array.from(data),
    }))
    const feed = {
      tokens: padded(rows),
      last: ints(
        [B],
        rows.map((row, b) => b * L + row.length - 1),
      ),
    }
    const drawn = (form: WeightForm, given: WeightMap<HostTensor>) =>
      interpret(prefillProgram(config, B, L, limit, { form }), { ...Object.fromEntries(given), ...feed })['logits']!
        .data
    expectClose(drawn('int8', inEightBits(weights)), drawn('float32', rounded(weights)), 1e-6)
    expect(drawn('int8', inEightBits(weights))).not.toEqual(drawn('float32', weights))
  })
})

describe('features of the families', () => {
  const logitsOf = (name: (typeof names)[number], change: object) => {
    const { config, rows } = golden(name)
    const altered = { ...config, ...change }
    const original = formulaWeights(config)
    const shapes = weightShapes(altered)
    const kept = new Map([...formulaWeights(altered)].map(([key, made]) => [key, original.get(key) ?? made]))
    expect([...kept.keys()]).toEqual([...shapes.keys()])
    return [...interpret(fullPass(altered, 1, 7), { ...feedOf(kept), tokens: padded([rows[0]!]) })['logits']!.data]
  }

  it.each<[string, (typeof names)[number], object]>([
    ['norms of queries and keys', 'qwen3', { headNorms: false }],
    ['biases', 'qwen2.5', { attentionBias: false }],
    ['a head of its own', 'llama3', { tiedHead: true }],
    [
      'the scaling of rotations',
      'llama3',
      { ropeScaling: { kind: 'llama3', factor: 8, low: 1, high: 4, originalLength: 8192 } },
    ],
    ['a layer without rotations', 'smollm3', { noRopeLayers: [] }],
    ['the choice of that layer', 'smollm3', { noRopeLayers: [0] }],
  ])('%s changes logits', (_, name, change) => {
    const [found, expected] = [logitsOf(name, change), golden(name).rightPadded[0]!]
    expectClose(logitsOf(name, {}), expected, TOLERANCE)
    expect(Math.max(...found.map((x, i) => Math.abs(x - expected[i]!)))).toBeGreaterThan(20 * TOLERANCE)
  })
})
