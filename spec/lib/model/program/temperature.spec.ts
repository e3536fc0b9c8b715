import { describe, expect, it } from 'vitest'
import { scoreProgram } from '#lib/model/program/score.js'
import { GRADIENT, trainProgram } from '#lib/model/program/train.js'
import { cispo } from '#lib/objective/cispo.js'
import { gspo } from '#lib/objective/gspo.js'
import { klCov } from '#lib/objective/kl-cov.js'
import type { Objective } from '#lib/objective/objective.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { reinforceLoss } from '#lib/objective/reinforce.js'
import { repoR } from '#lib/objective/repo-r.js'
import { withKl } from '#lib/objective/with-kl.js'
import { uniform } from '#lib/random/uniform.js'
import { interpret } from '../../compute/reference/interpret.js'
import type { ReferenceTensor } from '../../compute/reference/tensor.js'
import { feedOf, floats, golden, goldenWeights, ints } from '../golden.js'

const { config } = golden
const V = config.vocabulary
/** One prompt, and each token of the vocabulary as a completion of one token. The second position is padding. */
const shape = { prompts: 1, promptLength: 3, rows: V, length: 2 }
const sequences = {
  prompts: ints([1, 3], [1, 2, 3]),
  targets: ints([V, 2], Array.from({ length: V }, (_, v) => [v, 0]).flat()),
  prompt: ints([V], new Int32Array(V)),
  lengths: ints([V], new Int32Array(V).fill(3)),
}
const rewards_V = Array.from({ length: V }, (_, v) => uniform(5, v) - 0.3)
/** Value of each completion in its first place, 0 in the padding. */
const firsts = (values: readonly number[]) =>
  floats(
    [V, 2],
    values.flatMap((value) => [value, 0]),
  )
const firstsOf = ({ data }: ReferenceTensor) => Array.from({ length: V }, (_, v) => data[2 * v]!)

type Weights = typeof goldenWeights

const logprobsAt = (weights: Weights, temperature: number): number[] => {
  const found = interpret(scoreProgram(config, shape, temperature), { ...feedOf(weights), ...sequences })
  return firstsOf(found[temperature === 1 ? 'logprob' : 'tempered']!)
}

/** Expected reward of a completion that is sampled at the temperature. */
const expectedReward = (weights: Weights, temperature: number) =>
  logprobsAt(weights, temperature).reduce((sum, logprob, v) => sum + Math.exp(logprob) * rewards_V[v]!, 0)

/** Random direction in the space of the weights. */
const direction = new Map(
  [...goldenWeights].map(([name, { data }], k) => [name, Float64Array.from(data, (_, i) => uniform(k, i) - 0.5)]),
)

const moved = (by: number): Weights =>
  new Map(
    [...goldenWeights].map(([name, { shape, data }]) => [
      name,
      { shape, data: Float64Array.from(data, (x, i) => x + by * direction.get(name)![i]!) },
    ]),
  )

/**
 * Slope of an objective along the direction, expected over all completions: each completion is there once, and its advantage
 * is its reward times its probability under the distribution that is sampled.
 */
const expectedSlope = (objective: Objective, sampled: number, scored: number): number => {
  const p_V = logprobsAt(goldenWeights, sampled).map(Math.exp)
  const train = trainProgram(config, objective, shape, { temperature: scored })
  const feed = {
    ...feedOf(goldenWeights),
    ...sequences,
    oldLogprobs: firsts(logprobsAt(goldenWeights, scored)),
    referenceLogprobs: firsts(logprobsAt(goldenWeights, scored)),
    advantages: firsts(p_V.map((p, v) => p * rewards_V[v]!)),
    mask: firsts(p_V.map(() => 1)),
    marked: firsts(p_V.map(() => 0)),
    weights: firsts(p_V.map(() => 1)),
    ...Object.fromEntries(
      Object.entries(objective.scalars ?? {}).map(([name, value]) => [`scalar.${name}`, floats([], [value])]),
    ),
  }
  const found = interpret(train, Object.fromEntries(Object.entries(feed).filter(([name]) => train.inputs.has(name))))
  return [...direction].reduce(
    (total, [name, along]) => total + along.reduce((sum, d, i) => sum + d * found[GRADIENT + name]!.data[i]!, 0),
    0,
  )
}

/** Slope of the expected reward along the direction, by central differences. */
const slopeOfExpectedReward = (temperature: number) => {
  const h = 1e-4
  return (expectedReward(moved(h), temperature) - expectedReward(moved(-h), temperature)) / (2 * h)
}

const objectives: Readonly<Record<string, Objective>> = {
  reinforce: reinforceLoss(),
  'ppo-clip': ppoClip(),
  gspo: gspo(),
  cispo: cispo(),
  'kl-cov': klCov(),
  'repo-r': repoR(),
  // Policy and reference are equal, so the KL term adds no slope.
  'ppo-clip with KL': withKl(ppoClip()),
}

describe.each([0.5, 0.8, 1, 1.7])('at temperature %d', (temperature) => {
  const slope = slopeOfExpectedReward(temperature)

  it('the scored log-probs are those of the softmax of logits / temperature', () => {
    const [at1, tempered] = [logprobsAt(goldenWeights, 1), logprobsAt(goldenWeights, temperature)]
    const weights = at1.map((logprob) => Math.exp(logprob / temperature))
    const total = weights.reduce((a, b) => a + b)
    tempered.forEach((logprob, v) => expect(logprob).toBeCloseTo(Math.log(weights[v]! / total), 6))
  })

  it.each(Object.entries(objectives))('%s descends along the gradient of the expected reward', (_, objective) => {
    expect(Math.abs(slope)).toBeGreaterThan(1e-4)
    expect(expectedSlope(objective, temperature, temperature) / -slope).toBeCloseTo(1, 4)
  })
})

it.each([0.5, 0.8, 1.7])('at temperature %d, log-probs at temperature 1 would give another gradient', (temperature) => {
  const slope = slopeOfExpectedReward(temperature)
  expect(Math.abs(expectedSlope(reinforceLoss(), temperature, 1) / -slope - 1)).toBeGreaterThan(0.05)
})

describe('programs at temperature 1', () => {
  it('have no output and no computation for another temperature', () => {
    expect([...scoreProgram(config, shape, 1).outputs.keys()]).toEqual([...scoreProgram(config, shape).outputs.keys()])
    expect([...scoreProgram(config, shape, 0.5).outputs.keys()]).toContain('tempered')
  })
})
