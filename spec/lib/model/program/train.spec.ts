import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Program } from '#lib/compute/program/node.js'
import { topologicalOrder } from '#lib/compute/program/traverse.js'
import { accumulateProgram, GRADIENT, trainProgram } from '#lib/model/program/train.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { supervised } from '#lib/objective/supervised.js'
import { expectClose, expectRelative } from '../../compute/reference/close.js'
import { feedOf, floats, golden, goldenShape, goldenWeights } from '../golden.js'
import {
  batch,
  clipped,
  expectGoldenSteps,
  names,
  rowsOf,
  shapes,
  type Tensors,
  train,
  trained,
  under,
  value,
} from '../golden-training.js'
import { doublePrecision, type Runner } from '../runner.js'
import { runners } from '../runners.js'

const { config, mask, steps } = golden
const [B, T] = golden.shape
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

  it('takes torch’s two AdamW steps', () => expectGoldenSteps(runner, tolerance))
})

describe('training', () => {
  const run = (program: Program, feed: Tensors) => doublePrecision.run(program, { ...feedOf(goldenWeights), ...feed })

  it('adds the gradients of micro-batches up to the minibatch’s', async () => {
    const parts = await Promise.all(
      [1, 2].map((rows) => run(trainProgram(config, ppoClip(), goldenShape(rows)), rowsOf(rows === 1 ? 0 : 1, rows))),
    )
    const [a, b] = parts.map((part) => under(part, GRADIENT)) as [ReturnType<typeof under>, ReturnType<typeof under>]
    const sum = await doublePrecision.run(accumulateProgram(config), { ...feedOf(a, 'a.'), ...feedOf(b, 'b.') })
    for (const weight of names) expectRelative(sum[GRADIENT + weight]!.data, steps[0].gradients[weight]!, 2e-6)
    expectRelative([parts.map((part) => value(part, 'loss')).reduce((x, y) => x + y)], [steps[0].loss], 2e-6)
  })

  it('gives the same gradients from checkpoints', async () => {
    const lean = trainProgram(config, ppoClip(), goldenShape(), { gradientCheckpointing: true })
    const layers = (program: Program) => topologicalOrder(program).filter(({ op }) => op === 'swiglu').length
    expect(layers(lean)).toBe(2 * layers(train))
    const [found, expected] = [await run(lean, batch), await run(train, batch)]
    for (const output of train.outputs.keys()) expectClose(found[output]!.data, expected[output]!.data, 1e-12)
  })

  it('does not depend on values at tokens that do not train', async () => {
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

  it('has only the inputs that its objective reads', () => {
    expect([...train.inputs.keys()].sort()).toEqual([...names, ...Object.keys(batch)].sort())
    const imitation = trainProgram(config, supervised(), goldenShape())
    const read = Object.keys(batch).filter((name) => name !== 'advantages' && !name.startsWith('scalar.'))
    expect([...imitation.inputs.keys()].sort()).toEqual([...names, ...read].sort())
  })

  it('has the mean negative log-likelihood of trained tokens as supervised loss', async () => {
    const found = await run(trainProgram(config, supervised(), goldenShape()), batch)
    const total = golden.logprob.reduce((sum, logprob, i) => sum + mask[i]! * logprob, 0)
    expectRelative([value(found, 'loss')], [-total / trained], 2e-6)
    expect(clipped(found)).toBe(0)
  })

  it('has zero gradient, loss and KL if nothing trains', async () => {
    const found = await run(train, { ...batch, mask: floats([B, T], new Float64Array(B * T)) })
    for (const name of names) expect([...found[GRADIENT + name]!.data].every((x) => x === 0)).toBe(true)
    expect(['loss', 'clippedLow', 'clippedHigh', 'kl'].map((name) => Math.abs(value(found, name)))).toEqual([
      0, 0, 0, 0,
    ])
    expect(value(found, 'maxRatio')).toBe(-Infinity)
    expect(value(found, 'negatedMinRatio')).toBe(-Infinity)
  })
})
