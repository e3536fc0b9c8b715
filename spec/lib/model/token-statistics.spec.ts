import { fc, test } from '@fast-check/vitest'
import { describe, it } from 'vitest'
import { gradient } from '#lib/compute/gradient.js'
import { input, mul, scalar, sum } from '#lib/compute/operation/index.js'
import type { Node } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { tokenStatistics } from '#lib/model/token-statistics.js'
import { expectClose } from '../compute/reference/close.js'
import { interpret } from '../compute/reference/interpret.js'
import { floats, identity, ints } from './golden.js'

type Statistic = keyof ReturnType<typeof tokenStatistics>

const nodes = (rows: number, V: number) => {
  const logits = input('logits', [rows, V])
  return { logits, statistics: tokenStatistics(logits, identity(V), input('targets', [rows], 'int32')) }
}

/** Statistics of each token as the target of the same logits. */
const everyTarget = (logits: readonly number[]): Record<Statistic, number[]> => {
  const V = logits.length
  const found = interpret(program('statistics', nodes(V, V).statistics), {
    logits: floats(
      [V, V],
      logits.flatMap(() => logits),
    ),
    targets: ints([V], logits.keys()),
  })
  const numbers = (name: Statistic) => [...found[name]!.data]
  return {
    logprob: numbers('logprob'),
    entropy: numbers('entropy'),
    s: numbers('s'),
    expectedS: numbers('expectedS'),
    squares: numbers('squares'),
  }
}

const gradientOf = (statistic: (of: ReturnType<typeof tokenStatistics>) => Node, row: readonly number[]) => {
  const { logits, statistics } = nodes(1, row.length)
  const g = gradient(sum(statistic(statistics), [0]), [logits])[0]!
  const feed = { logits: floats([1, row.length], row), targets: ints([1], [1]) }
  return interpret(program('gradient', { g }), feed)['g']!.data
}

const anyLogits = fc.array(
  fc.integer({ min: -40, max: 40 }).map((n) => n / 8),
  { minLength: 2, maxLength: 6 },
)
const probabilities = ({ logprob }: { logprob: readonly number[] }) => logprob.map(Math.exp)
const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

describe('tokenStatistics', () => {
  it('matches an example computed by hand for p = 1/2, 1/4, 1/4', () => {
    const found = everyTarget([Math.log(2), 0, 0])
    const H = 1.5 * Math.LN2
    expectClose(
      found.logprob,
      [-1, -2, -2].map((x) => x * Math.LN2),
      1e-15,
    )
    expectClose(found.entropy, [H, H, H], 1e-15)
    expectClose(found.s, [0.25 * Math.LN2, -0.125 * Math.LN2, -0.125 * Math.LN2], 1e-15)
    expectClose(found.expectedS, new Array<number>(3).fill(0.0625 * Math.LN2), 1e-15)
    expectClose(found.squares, [0.375, 0.375, 0.375], 1e-15)
  })

  it('has the entropy log V and no drift for equal logits', () => {
    const found = everyTarget([3, 3, 3, 3])
    expectClose(found.entropy, new Array<number>(4).fill(Math.log(4)), 1e-15)
    expectClose([...found.s, ...found.expectedS], new Array<number>(8).fill(0), 1e-15)
    expectClose(found.squares, new Array<number>(4).fill(0.25), 1e-15)
  })

  test.prop([anyLogits])('gives log-probs of a distribution, and its entropy', (logits) => {
    const found = everyTarget(logits)
    const p = probabilities(found)
    expectClose([total(p)], [1], 1e-12)
    expectClose([found.entropy[0]!], [-total(p.map((x, y) => x * found.logprob[y]!))], 1e-12)
  })

  test.prop([anyLogits])('gives the sum of squares of its own distribution', (logits) => {
    const found = everyTarget(logits)
    expectClose(
      found.squares,
      new Array<number>(logits.length).fill(total(probabilities(found).map((p) => p * p))),
      1e-12,
    )
  })

  test.prop([anyLogits])('gives the mean of s over its own distribution', (logits) => {
    const found = everyTarget(logits)
    const mean = total(probabilities(found).map((p, y) => p * found.s[y]!))
    expectClose(found.expectedS, new Array<number>(logits.length).fill(mean), 1e-12)
  })

  test.prop([anyLogits, fc.integer({ min: -1000, max: 1000 })])(
    'does not depend on a shift of all logits',
    (logits, shift) => {
      const [found, shifted] = [everyTarget(logits), everyTarget(logits.map((x) => x + shift))]
      for (const name of ['logprob', 'entropy', 's', 'expectedS', 'squares'] as const)
        expectClose(shifted[name], found[name], 1e-12)
    },
  )

  it('is finite where a softmax in single precision is not', () => {
    const found = everyTarget([1000, -1000, 0])
    expectClose(found.logprob, [0, -2000, -1000], 0)
    expectClose([...found.entropy, ...found.s, ...found.expectedS], new Array<number>(9).fill(0), 0)
    expectClose(found.squares, [1, 1, 1], 0)
  })

  test.prop([anyLogits])('has the gradients of log-softmax and of entropy', (logits) => {
    const { logprob, entropy } = everyTarget(logits)
    const p = logprob.map(Math.exp)
    expectClose(
      gradientOf(({ logprob }) => logprob, logits),
      p.map((x, y) => (y === 1 ? 1 : 0) - x),
      1e-12,
    )
    expectClose(
      gradientOf(({ entropy }) => entropy, logits),
      p.map((x, y) => -x * (logprob[y]! + entropy[0]!)),
      1e-12,
    )
  })

  it('has a gradient of zeros if its weight is 0', () => {
    expectClose(
      gradientOf(({ logprob }) => mul(logprob, scalar(0)), [1, 2, 3]),
      [0, 0, 0],
      0,
    )
  })
})
