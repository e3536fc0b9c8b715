import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Program } from '#lib/compute/program/node.js'
import { type Parameters, parameterShapes } from '#lib/model/parameters.js'
import { accumulateProgram, GRADIENT, trainProgram } from '#lib/model/program/train.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { supervised } from '#lib/objective/supervised.js'
import { adamwDefaults, adamwProgram } from '#lib/optimizer/adamw.js'
import { expectClose } from '../../compute/reference/close.js'
import { type ReferenceTensor, sizeOf } from '../../compute/reference/tensor.js'
import { feedOf, floats, golden, goldenSequences, goldenShape, goldenWeights } from '../golden.js'
import { doublePrecision, expectRelative, type Runner, runners } from '../runner.js'

type Tensors = Readonly<Record<string, ReferenceTensor>>

const { config, mask, steps } = golden
const [B, T] = golden.shape
const shapes = parameterShapes(config)
const names = [...shapes.keys()]
const trained = mask.reduce((a, b) => a + b, 0)
const train = trainProgram(config, ppoClip(), goldenShape())

/** The golden batch's rows from `from` on, each token weighted as in the whole batch's mean. */
const rowsOf = (from: number, rows: number): Tensors => {
  const cut = (data: readonly number[]) => data.slice(from * T, (from + rows) * T)
  const matrix = (data: readonly number[]) => floats([rows, T], cut(data))
  return {
    ...goldenSequences(from, rows),
    oldLogprobs: matrix(golden.oldLogprobs),
    advantages: matrix(golden.advantages),
    mask: matrix(mask),
    weights: floats([rows, T], new Float64Array(rows * T).fill(1 / trained)),
    'scalar.clipLow': floats([], [0.2]),
    'scalar.clipHigh': floats([], [0.2]),
  }
}
const batch = rowsOf(0, B)

const value = (found: Tensors, name: string): number => found[name]!.data[0]!
const clipped = (found: Tensors): number => value(found, 'clippedLow') + value(found, 'clippedHigh')
const under = (found: Tensors, prefix: string): Parameters<ReferenceTensor> =>
  new Map(names.map((name) => [name, found[prefix + name]!]))

describe.each(runners)('training in $name', ({ open, tolerance }) => {
  let runner: Runner
  let first: Tensors
  beforeAll(async () => {
    runner = await open()
    first = await runner.run(train, { ...feedOf(goldenWeights), ...batch })
  })
  afterAll(() => runner.close())

  it.each(names)('gives autograd’s gradient of %s', (weight) => {
    const found = first[GRADIENT + weight]!
    expect(found.shape).toEqual(shapes.get(weight))
    expectRelative(found.data, steps[0].gradients[weight]!, tolerance)
  })

  it('reports loss, clipped tokens and KL', () => {
    expectRelative([value(first, 'loss')], [steps[0].loss], tolerance)
    expect(clipped(first)).toBe(Math.round(steps[0].clipFraction * trained))
    expectRelative([value(first, 'kl') / trained], [steps[0].kl], tolerance)
  })

  it('reports the range of the ratio over trained tokens', () => {
    const ratios = golden.logprob.map((logprob, i) => Math.exp(logprob - golden.oldLogprobs[i]!))
    const range = ratios.filter((_, i) => mask[i] === 1)
    expectRelative([value(first, 'maxRatio')], [Math.max(...range)], tolerance)
    expectRelative([-value(first, 'negatedMinRatio')], [Math.min(...range)], tolerance)
  })

  it('takes torch’s two AdamW steps', async () => {
    const adamw = adamwProgram(shapes, { ...adamwDefaults, weightDecay: 0.1, maxNorm: 0.5 })
    let state = { parameters: goldenWeights, first: zeros, second: zeros }
    for (const [index, step] of steps.entries()) {
      const found = await runner.run(train, { ...feedOf(state.parameters), ...batch })
      expectRelative([value(found, 'loss')], [step.loss], tolerance)
      expect(clipped(found)).toBe(Math.round(step.clipFraction * trained))
      expectRelative([value(found, 'kl') / trained], [step.kl], tolerance)
      const stepped = await runner.run(adamw, adamwFeed(state, under(found, GRADIENT), index + 1))
      expectRelative([value(stepped, 'norm')], [step.norm], tolerance)
      state = {
        parameters: under(stepped, 'parameter.'),
        first: under(stepped, 'first.'),
        second: under(stepped, 'second.'),
      }
    }
    for (const [weight, expected] of Object.entries(golden.after))
      expectRelative(state.parameters.get(weight)!.data, expected, tolerance)
  })
})

const zeros: Parameters<ReferenceTensor> = new Map(
  [...shapes].map(([name, shape]) => [name, floats(shape, new Float64Array(sizeOf(shape)))]),
)

const adamwFeed = (
  state: Record<'parameters' | 'first' | 'second', Parameters<ReferenceTensor>>,
  gradients: Parameters<ReferenceTensor>,
  t: number,
): Tensors => ({
  ...feedOf(state.parameters, 'parameter.'),
  ...feedOf(state.first, 'first.'),
  ...feedOf(state.second, 'second.'),
  ...feedOf(gradients, 'gradient.'),
  rate: floats([], [0.01]),
  firstCorrection: floats([], [1 / (1 - adamwDefaults.beta1 ** t)]),
  secondCorrection: floats([], [1 / (1 - adamwDefaults.beta2 ** t)]),
})

describe('training', () => {
  const run = (program: Program, feed: Tensors) => doublePrecision.run(program, { ...feedOf(goldenWeights), ...feed })

  it('adds the gradients of micro-batches up to the minibatch’s', async () => {
    const parts = await Promise.all(
      [1, 2].map((rows) => run(trainProgram(config, ppoClip(), goldenShape(rows)), rowsOf(rows === 1 ? 0 : 1, rows))),
    )
    const [a, b] = parts.map((part) => under(part, GRADIENT)) as [typeof zeros, typeof zeros]
    const sum = await doublePrecision.run(accumulateProgram(config), { ...feedOf(a, 'a.'), ...feedOf(b, 'b.') })
    for (const weight of names) expectRelative(sum[GRADIENT + weight]!.data, steps[0].gradients[weight]!, 2e-6)
    expectRelative([parts.map((part) => value(part, 'loss')).reduce((x, y) => x + y)], [steps[0].loss], 2e-6)
  })

  it('does not care what stands where no token trains', async () => {
    const junk = (name: string, f: (i: number) => number) =>
      floats(
        [B, T],
        batch[name]!.data.map((x: number, i: number) => (mask[i] === 1 ? x : f(i))),
      )
    const found = await run(train, {
      ...batch,
      // A ratio of e^798: infinite in float32, and nearly so in double precision.
      oldLogprobs: junk('oldLogprobs', (i) => (i % 2 === 0 ? -800 : 0)),
      advantages: junk('advantages', (i) => i - 7),
      weights: junk('weights', () => 3),
    })
    const clean = await run(train, batch)
    for (const output of train.outputs.keys()) expectClose(found[output]!.data, clean[output]!.data, 1e-12)
  })

  it('asks for what its objective reads, and no more', () => {
    expect([...train.inputs.keys()].sort()).toEqual([...names, ...Object.keys(batch)].sort())
    const imitation = trainProgram(config, supervised(), goldenShape())
    const read = Object.keys(batch).filter((name) => name !== 'advantages' && !name.startsWith('scalar.'))
    expect([...imitation.inputs.keys()].sort()).toEqual([...names, ...read].sort())
  })

  it('imitates: the mean negative log-likelihood of trained tokens', async () => {
    const found = await run(trainProgram(config, supervised(), goldenShape()), batch)
    const total = golden.logprob.reduce((sum, logprob, i) => sum + mask[i]! * logprob, 0)
    expectRelative([value(found, 'loss')], [-total / trained], 2e-6)
    expect(clipped(found)).toBe(0)
  })

  it('has no gradient, loss or KL where nothing trains', async () => {
    const found = await run(train, { ...batch, mask: floats([B, T], new Float64Array(B * T)) })
    for (const name of names) expect([...found[GRADIENT + name]!.data].every((x) => x === 0)).toBe(true)
    expect(['loss', 'clippedLow', 'clippedHigh', 'kl'].map((name) => Math.abs(value(found, name)))).toEqual([
      0, 0, 0, 0,
    ])
    expect(value(found, 'maxRatio')).toBe(-Infinity)
    expect(value(found, 'negatedMinRatio')).toBe(-Infinity)
  })
})
