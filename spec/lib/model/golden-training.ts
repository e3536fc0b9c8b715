import { type WeightMap, weightShapes } from '#lib/model/weights.js'
import { GRADIENT, trainProgram } from '#lib/model/program/train.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { adamwDefaults, adamwProgram } from '#lib/optimizer/adamw.js'
import { expectRelative } from '../compute/reference/close.js'
import { type ReferenceTensor, sizeOf } from '../compute/reference/tensor.js'
import { feedOf, floats, golden, goldenSequences, goldenShape, goldenWeights } from './golden.js'
import type { Runner } from './runner.js'

export type Tensors = Readonly<Record<string, ReferenceTensor>>

const { config, mask, steps } = golden
const [B, T] = golden.shape
export const shapes = weightShapes(config)
export const names: readonly string[] = [...shapes.keys()]
/** Tokens that train. */
export const trained = mask.reduce((a, b) => a + b, 0)
export const train = trainProgram(config, ppoClip(), goldenShape())

/** The golden batch's rows from `from` on, each token weighted as in the whole batch's mean. */
export const rowsOf = (from: number, rows: number): Tensors => {
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
export const batch = rowsOf(0, B)

export const value = (found: Tensors, name: string): number => found[name]!.data[0]!
export const clipped = (found: Tensors): number => value(found, 'clippedLow') + value(found, 'clippedHigh')
export const under = (found: Tensors, prefix: string): WeightMap<ReferenceTensor> =>
  new Map(names.map((name) => [name, found[prefix + name]!]))

/** Makes torch's two AdamW steps and compares the weights. */
export const expectGoldenSteps = async (runner: Runner, tolerance: number): Promise<void> => {
  const adamw = adamwProgram(shapes, { ...adamwDefaults, weightDecay: 0.1, maxNorm: 0.5 })
  let state = { parameters: goldenWeights, first: zeros, second: zeros }
  for (const [index, step] of steps.entries()) {
    const found = await runner.run(train, { ...feedOf(state.parameters), ...batch })
    expectRelative([value(found, 'loss')], [step.loss], tolerance)
    expectRelative([clipped(found)], [Math.round(step.clipFraction * trained)], 0)
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
}

const zeros: WeightMap<ReferenceTensor> = new Map(
  [...shapes].map(([name, shape]) => [name, floats(shape, new Float64Array(sizeOf(shape)))]),
)

const adamwFeed = (
  state: Record<'parameters' | 'first' | 'second', WeightMap<ReferenceTensor>>,
  gradients: WeightMap<ReferenceTensor>,
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
