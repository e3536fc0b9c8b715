import { fc, test } from '@fast-check/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HostTensor } from '#lib/compute/program/node.js'
import { mapWeights, weightFeed } from '#lib/model/weights.js'
import { cacheNames, decodeProgram, pickProgram, prefillProgram } from '#lib/model/program/generate.js'
import { expectRelative } from '../../compute/reference/close.js'
import type { ReferenceTensor } from '../../compute/reference/tensor.js'
import { inEightBits, rounded } from '../eight-bits.js'
import { fullPass } from '../full-pass.js'
import { feedOf, floats, golden, goldenWeights, ints } from '../golden.js'
import { doublePrecision, type Runner } from '../runner.js'
import { runners } from '../runners.js'

const { config } = golden
const V = config.vocabulary
const weights = feedOf(goldenWeights)

type Tensors = Readonly<Record<string, ReferenceTensor>>
const cacheOf = (found: Tensors): Tensors => Object.fromEntries(cacheNames(config).map((name) => [name, found[name]!]))
const source = (number: number, cache: Tensors): Tensors =>
  Object.fromEntries(Object.entries(cache).map(([name, tensor]) => [`${number}.${name}`, tensor]))

/** Prompts to read, and sequences that continue them. */
interface Plan {
  readonly prompts: readonly (readonly number[])[]
  /** Length to which prompts are padded, with `padding`. */
  readonly length: number
  readonly padding: number
  readonly limit: number
  /** Tokens after the prompt of each index; all of one length. */
  readonly sequences: readonly { readonly prompt: number; readonly tokens: readonly number[] }[]
}

/** Logits with the cache: after the prompts, then after each token of every sequence. */
const stepByStep = async (runner: Runner, { prompts, length, padding, limit, sequences }: Plan) => {
  const [P, B] = [prompts.length, sequences.length]
  const padded = prompts.flatMap((prompt) => [...prompt, ...new Array<number>(length - prompt.length).fill(padding)])
  const last = prompts.map((prompt, row) => row * length + prompt.length - 1)
  const prefill = await runner.run(prefillProgram(config, P, length, limit), {
    ...weights,
    tokens: ints([P, length], padded),
    last: ints([P], last),
  })
  const rows = ints(
    [B],
    sequences.map(({ prompt }) => prompt),
  )
  let cache = await runner.run(pickProgram(config, [P], B, limit), { ...source(0, cacheOf(prefill)), rows })
  const steps: Float64Array[] = []
  const decode = decodeProgram(config, B, limit)
  for (let step = 0; step < sequences[0]!.tokens.length; step++) {
    const tokens = sequences.map((sequence) => sequence.tokens[step]!)
    const positions = sequences.map(({ prompt }) => prompts[prompt]!.length + step)
    const found = await runner.run(decode, {
      ...weights,
      ...cache,
      tokens: ints([B], tokens),
      positions: ints([B], positions),
    })
    steps.push(Float64Array.from(found['logits']!.data))
    cache = cacheOf(found)
  }
  return { prefill: prefill['logits']!, steps }
}

/** The same logits in one pass over whole rows, without a cache. */
const allAtOnce = async (runner: Runner, { prompts, sequences }: Plan) => {
  const logitsOf = async (tokens: readonly number[]) => {
    const found = await runner.run(fullPass(config, 1, tokens.length), {
      ...weights,
      tokens: ints([1, tokens.length], tokens),
    })
    return found['logits']!.data
  }
  const ends = await Promise.all(prompts.map(async (prompt) => [...(await logitsOf(prompt)).slice(-V)]))
  const rows = await Promise.all(sequences.map(({ prompt, tokens }) => logitsOf([...prompts[prompt]!, ...tokens])))
  const step = (t: number) =>
    rows.flatMap((row, b) => {
      const at = prompts[sequences[b]!.prompt]!.length + t
      return [...row.slice(at * V, (at + 1) * V)]
    })
  return { prefill: ends.flat(), steps: sequences[0]!.tokens.map((_, t) => step(t)) }
}

const expectSame = async (runner: Runner, plan: Plan, tolerance: number) => {
  const [found, expected] = [await stepByStep(runner, plan), await allAtOnce(doublePrecision, plan)]
  expect(found.prefill.shape).toEqual([plan.prompts.length, V])
  expectRelative(found.prefill.data, expected.prefill, tolerance)
  expect(found.steps).toHaveLength(expected.steps.length)
  for (const [t, logits] of found.steps.entries()) expectRelative(logits, expected.steps[t]!, tolerance)
}

const ragged: Plan = {
  prompts: [[3, 1, 4], [1, 5, 9, 2, 6], [5]],
  length: 6,
  padding: 7,
  limit: 10,
  sequences: [
    { prompt: 1, tokens: [8, 0, 10, 3] },
    { prompt: 0, tokens: [2, 7, 1, 8] },
    { prompt: 1, tokens: [4, 4, 4, 4] },
    { prompt: 2, tokens: [6, 9, 0, 5] },
  ],
}

describe.each(runners)('generation in $name', ({ name, open }) => {
  let runner: Runner
  beforeAll(async () => {
    runner = await open()
  })
  afterAll(() => runner.close())

  it('gives token by token the logits of a pass over whole rows', async () => {
    await expectSame(runner, ragged, name === 'double precision' ? 1e-12 : 1e-5)
  })
})

describe('generation', () => {
  const anyPlan: fc.Arbitrary<Plan> = fc
    .record({
      prompts: fc.array(fc.array(fc.nat(V - 1), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      padding: fc.nat(V - 1),
      wider: fc.nat(2),
      steps: fc.integer({ min: 1, max: 3 }),
    })
    .chain(({ prompts, padding, wider, steps }) => {
      const length = Math.max(...prompts.map((prompt) => prompt.length)) + wider
      const tokens = fc.array(fc.nat(V - 1), { minLength: steps, maxLength: steps })
      const sequence = fc.record({ prompt: fc.nat(prompts.length - 1), tokens })
      return fc
        .array(sequence, { minLength: 1, maxLength: 4 })
        .map((sequences) => ({ prompts, length, padding, limit: length + steps, sequences }))
    })

  test.prop([anyPlan], { numRuns: 15 })('gives the logits of a pass over whole rows, for any lengths', (plan) =>
    expectSame(doublePrecision, plan, 1e-12),
  )

  it('drops the rows of finished sequences without changing the others', async () => {
    const cache = Object.fromEntries(
      cacheNames(config).map((name, n) => [
        name,
        floats(
          [3, 2, 2, 4],
          Float64Array.from({ length: 48 }, (_, i) => 100 * n + i),
        ),
      ]),
    )
    const found = await doublePrecision.run(pickProgram(config, [3], 2, 2), {
      ...source(0, cache),
      rows: ints([2], [2, 0]),
    })
    for (const [name, { data }] of Object.entries(cache)) {
      expect(found[name]!.shape).toEqual([2, 2, 2, 4])
      expect([...found[name]!.data]).toEqual([...data.slice(32), ...data.slice(0, 16)])
    }
  })

  it('joins rows of two caches', async () => {
    const cacheFrom = (rows: number, start: number) =>
      Object.fromEntries(
        cacheNames(config).map((name, n) => [
          name,
          floats(
            [rows, 2, 2, 4],
            Float64Array.from({ length: 16 * rows }, (_, i) => start + 100 * n + i),
          ),
        ]),
      )
    const [old, fresh] = [cacheFrom(2, 0), cacheFrom(3, 1000)]
    const found = await doublePrecision.run(pickProgram(config, [2, 3], 3, 2), {
      ...source(0, old),
      ...source(1, fresh),
      rows: ints([3], [4, 1, 2]),
    })
    for (const name of cacheNames(config)) {
      const row = (cache: Tensors, at: number) => [...cache[name]!.data.slice(16 * at, 16 * (at + 1))]
      expect([...found[name]!.data]).toEqual([...row(fresh, 2), ...row(old, 1), ...row(fresh, 0)])
    }
  })

  it('writes only at the row’s own position', async () => {
    const [B, limit] = [2, 4]
    const shape = [B, config.kvHeads, limit, config.headWidth]
    const before = Object.fromEntries(
      cacheNames(config).map((name) => [name, floats(shape, new Float64Array(64).fill(7))]),
    )
    const positions = [2, 0]
    const found = await doublePrecision.run(decodeProgram(config, B, limit), {
      ...weights,
      ...before,
      tokens: ints([B], [1, 2]),
      positions: ints([B], positions),
    })
    for (const name of cacheNames(config)) {
      const at = (i: number) => ({ b: Math.floor(i / 32), position: Math.floor(i / 4) % limit })
      for (const [i, x] of found[name]!.data.entries()) {
        const { b, position } = at(i)
        expect(x === 7).toBe(position !== positions[b])
      }
    }
  })
})

describe('weights in eight bits', () => {
  const single = mapWeights(goldenWeights, ({ shape, data }): HostTensor => ({
    shape,
    data: Float32Array.from(data),
  }))
  const [P, L, limit] = [2, 3, 4]
  const prompts = { tokens: ints([P, L], [3, 1, 4, 1, 5, 9]), last: ints([P], [1, 5]) }
  const next = { tokens: ints([P], [2, 6]), positions: ints([P], [2, 3]) }

  it('give the logits of the same numbers in float32, for prompts and token by token', async () => {
    const run = async (form: 'float32' | 'int8') => {
      const fed = weightFeed(form === 'int8' ? inEightBits(single) : rounded(single))
      const prefill = await doublePrecision.run(prefillProgram(config, P, L, limit, { form }), { ...fed, ...prompts })
      const decode = decodeProgram(config, P, limit, { form })
      return { prefill, decode: await doublePrecision.run(decode, { ...fed, ...cacheOf(prefill), ...next }) }
    }
    const [found, expected] = [await run('int8'), await run('float32')]
    for (const pass of ['prefill', 'decode'] as const)
      for (const [name, { data }] of Object.entries(expected[pass])) expectRelative(found[pass][name]!.data, data, 1e-6)
  })

  it('are inputs in int8 with their scales', () => {
    const { inputs } = decodeProgram(config, P, limit, { form: 'int8' })
    expect(inputs.get('model.layers.0.mlp.up_proj.weight')).toMatchObject({
      dtype: 'int8',
      shape: [config.width, config.feedForward],
    })
    expect(inputs.get('model.layers.0.mlp.up_proj.weight_scale')).toMatchObject({ shape: [config.feedForward] })
    expect(inputs.get('model.embed_tokens.weight')).toMatchObject({ dtype: 'float32' })
  })
})
