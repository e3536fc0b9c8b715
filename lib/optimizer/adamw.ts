import { add, div, input, minimum, mul, scalar, sqrt, sub, sum } from '../compute/operation/index.js'
import { checkOptions, decay, nonNegative, positive, positiveOrInfinite } from '../option.js'
import type { Node, Program, Shape } from '../compute/program/node.js'
import { program } from '../compute/program/program.js'

/** Options of {@link adamwProgram}. */
export interface AdamWOptions {
  /** Decay of the first moment, in [0, 1). */
  readonly beta1: number
  /** Decay of the second moment, in [0, 1). */
  readonly beta2: number
  /** Number added to the root of the second moment. */
  readonly epsilon: number
  /** Decoupled weight decay of matrices; vectors (norms, biases) do not decay. 0 turns it off. */
  readonly weightDecay: number
  /** Largest global norm of the gradients; larger gradients are scaled down to it. Infinity turns clipping off. */
  readonly maxNorm: number
}

/** Default options of {@link adamwProgram}. */
export const adamwDefaults: AdamWOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxNorm: 1 }

const rules = {
  beta1: decay,
  beta2: decay,
  epsilon: positive,
  weightDecay: nonNegative,
  maxNorm: positiveOrInfinite,
} as const

/**
 * Checks the options of AdamW that are given.
 *
 * @errors throws RangeError that names the option, its value and the expected range
 */
export const checkAdamWOptions = (options: Partial<AdamWOptions>): void => checkOptions(options, rules, 'adamw.')

/**
 * Program of one AdamW step, with gradients clipped by their global norm. If `maxNorm` is `input`, the largest norm is the
 * scalar input `maxNorm` instead of the option.
 *
 *     g' = g min(1, maxNorm / |g|)     m' = b1 m + (1 - b1) g'     v' = b2 v + (1 - b2) g'^2
 *     w' = w - rate ( m' / (1 - b1^t) / (sqrt(v' / (1 - b2^t)) + eps) + decay w )
 *     stateSum = sum of w'^2, m' and v'
 *
 * NaN and infinity pass through a sum on every engine; a largest element may lose NaN. The weights are squared, because a
 * network whose weights have no finite norm in float32 has no finite activations. The moments of finite gradients are too
 * small to overflow a sum.
 *
 * @shape  inputs `parameter.NAME`, `gradient.NAME`, `first.NAME`, `second.NAME`, and scalars `rate`,
 *         `firstCorrection` = 1 / (1 - b1^t), `secondCorrection` = 1 / (1 - b2^t);
 *         outputs `parameter.NAME`, `first.NAME`, `second.NAME`, the scalar `norm` before clipping, and the scalar
 *         `stateSum`, which is finite only if every number of the new state is
 * @source arXiv:1711.05101
 */
export const adamwProgram = (
  shapes: ReadonlyMap<string, Shape>,
  options: AdamWOptions,
  maxNorm: 'constant' | 'input' = 'constant',
): Program => {
  const [rate, firstCorrection, secondCorrection] = [
    input('rate', []),
    input('firstCorrection', []),
    input('secondCorrection', []),
  ]
  const gradients = [...shapes].map(([name, shape]) => input(`gradient.${name}`, shape))
  const norm = sqrt(gradients.map(squaredNorm).reduce(add))
  const limit = maxNorm === 'input' ? input('maxNorm', []) : scalar(options.maxNorm)
  const isClipped = maxNorm === 'input' || options.maxNorm < Infinity
  const scale = isClipped ? minimum(scalar(1), div(limit, add(norm, scalar(1e-6)))) : scalar(1)
  // Scalars are combined first, because each operation on a whole parameter costs one pass over its memory.
  const { beta1, beta2, epsilon, weightDecay } = options
  const firstFactor = mul(scale, scalar(1 - beta1))
  const secondFactor = mul(mul(scale, scale), scalar(1 - beta2))
  const rootCorrection = sqrt(secondCorrection)
  const stride = div(mul(rate, firstCorrection), rootCorrection)
  const floor = div(scalar(epsilon), rootCorrection)
  const remainder = sub(scalar(1), mul(rate, scalar(weightDecay)))
  const outputs = [...shapes].flatMap(([name, shape], i): [string, Node][] => {
    const parameter = input(`parameter.${name}`, shape)
    const gradient = gradients[i]!
    const first = add(mul(input(`first.${name}`, shape), scalar(beta1)), mul(gradient, firstFactor))
    const second = add(mul(input(`second.${name}`, shape), scalar(beta2)), mul(mul(gradient, gradient), secondFactor))
    const step = div(mul(first, stride), add(sqrt(second), floor))
    const decayed = shape.length > 1 && weightDecay > 0 ? mul(parameter, remainder) : parameter
    return [
      [`parameter.${name}`, sub(decayed, step)],
      [`first.${name}`, first],
      [`second.${name}`, second],
    ]
  })
  const stateSum = outputs.map(([name, x]) => (name.startsWith('parameter.') ? squaredNorm(x) : total(x))).reduce(add)
  return program('adamw', { ...Object.fromEntries(outputs), norm, stateSum })
}

const total = (x: Node): Node =>
  sum(
    x,
    x.shape.map((_, axis) => axis),
  )

const squaredNorm = (x: Node): Node => total(mul(x, x))
