import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { input, mul } from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'
import { aggregations } from '#lib/objective/aggregations.js'
import { clipB } from '#lib/objective/clip-b.js'
import { clipCov } from '#lib/objective/clip-cov.js'
import { clipV } from '#lib/objective/clip-v.js'
import { cispo } from '#lib/objective/cispo.js'
import { gspo } from '#lib/objective/gspo.js'
import { type ObjectiveEntry, objectives } from '#lib/objective/index.js'
import { klCov } from '#lib/objective/kl-cov.js'
import { klForms } from '#lib/objective/kl-forms.js'
import { lossFeed } from '#lib/objective/loss-feed.js'
import { type Minibatch, trainedPlaces, trainedTokensOf } from '#lib/objective/minibatch.js'
import { lossOf } from '#lib/objective/loss.js'
import { batchUse, type Objective } from '#lib/objective/objective.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { reinforceLoss } from '#lib/objective/reinforce.js'
import { repoR } from '#lib/objective/repo-r.js'
import { withEntropyBonus } from '#lib/objective/with-entropy-bonus.js'
import { withKl } from '#lib/objective/with-kl.js'
import { everything } from '#lib/entropy/filter/everything.js'
import { keyedUniform } from '#lib/random/uniform.js'
import { expectClose } from '../compute/reference/close.js'
import { anyBatch, measuredBatch, type ResponseSketch, stateOf } from '../entropy/batches.js'
import { losses } from './tokens.js'

const minibatch = (responses: readonly ResponseSketch[], but: Partial<Minibatch> = {}): Minibatch => {
  const batch = everything().admit(stateOf(0), measuredBatch(responses))
  return { batch, rows: [...responses.keys()], count: 1, scores: batch.scores, draw: keyedUniform(1), ...but }
}
const anyMinibatch = anyBatch
  .filter(({ responses }) => responses.length > 0)
  .map((any): Minibatch => {
    const batch = everything().admit(stateOf(0), any)
    return { batch, rows: [...batch.responses.keys()], count: 1, scores: batch.scores, draw: keyedUniform(1) }
  })
const tokens = (count: number, token: ResponseSketch['tokens'][number] = {}) =>
  Array.from({ length: count }, () => token)
const placesOf = (marks_BT: Uint8Array) => [...marks_BT.keys()].filter((place) => marks_BT[place] === 1)

describe('every objective', () => {
  it.each(Object.entries(objectives))('%s has its registry name, and one minibatch by default', (name, { create }) => {
    expect(create()).toMatchObject({ name, minibatches: 1 })
  })

  const withBatchUse = Object.entries<ObjectiveEntry>(objectives).filter(([name]) => name !== 'supervised')
  it.each(withBatchUse)('%s takes minibatches and an aggregation', (_, { create }) => {
    const own = () => () => 1
    expect(create({ minibatches: 3, aggregation: own })).toMatchObject({ minibatches: 3, aggregation: own })
  })

  const logprob = fc.integer({ min: -64, max: 0 }).map((n) => n / 8)
  const anyTokens = fc.array(
    fc.tuple(
      logprob,
      fc.integer({ min: -40, max: 40 }).map((n) => n / 8),
    ),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  const atRatioOne = {
    ppoClip: ppoClip(),
    cispo: cispo(),
    klCov: klCov(),
    clipB: clipB(),
    repoR: repoR(),
    gspo: gspo(),
  }
  it.each(Object.entries(atRatioOne))('%s has the policy gradient at ratio 1', (_, objective) => {
    fc.assert(
      fc.property(anyTokens, (drawn) => {
        const at = drawn.map(([logprob, advantage]) => ({ logprob, old: logprob, advantage }))
        expectClose(losses(objective, at).slope, losses(reinforceLoss(), at).slope, 1e-12)
      }),
    )
  })
})

describe('aggregations', () => {
  const weightsOf = (name: keyof typeof aggregations, given: Minibatch, norm = 4) => {
    const weightOf = aggregations[name].create(norm)(given)
    return given.rows.map((row) => ({ tokens: trainedTokensOf(given.batch, row), weight: weightOf(row) }))
  }

  it.each([
    ['token-mean', [1 / 4, 1 / 4]],
    ['token-sum', [1, 1]],
    ['seq-mean-token-mean', [1 / 6, 1 / 2]],
    ['seq-mean-token-sum', [1 / 2, 1 / 2]],
    ['seq-mean-token-sum-norm', [1 / 8, 1 / 8]],
  ] as const)('%s weighs the tokens of a long and a short response', (name, expected) => {
    const found = weightsOf(
      name,
      minibatch([
        { advantage: 1, tokens: tokens(3) },
        { advantage: 1, tokens: tokens(1) },
      ]),
    )
    expectClose(
      found.map(({ weight }) => weight),
      expected,
      1e-15,
    )
  })

  test.prop([anyMinibatch, fc.constantFrom('token-mean' as const, 'seq-mean-token-mean' as const)])(
    'means have weights that sum to 1',
    (of, name) => {
      expect(weightsOf(name, of).reduce((sum, each) => sum + each.tokens * each.weight, 0)).toBeCloseTo(1, 12)
    },
  )

  test.prop([anyMinibatch, fc.integer({ min: 1, max: 6 })])(
    'prompt-mean-token-sum counts over the batch: the mean of its minibatch losses is the loss of the batch',
    (whole, size) => {
      const batch = {
        ...whole.batch,
        responses: whole.batch.responses.map((each, b) => ({ ...each, group: Math.floor(b / 2) })),
      }
      const count = Math.ceil(whole.rows.length / size)
      const pieces = Array.from({ length: count }, (_, i) => whole.rows.slice(i * size, (i + 1) * size))
      const weights = (each: Minibatch) => weightsOf('prompt-mean-token-sum', each).map(({ weight }) => weight)
      const found = pieces.flatMap((rows) => weights({ ...whole, batch, rows, count }).map((weight) => weight / count))
      expectClose(found, weights({ ...whole, batch }), 1e-12)
    },
  )

  test.prop([anyMinibatch, fc.integer({ min: 1, max: 6 })])(
    'token-sum is the sum over all minibatches of any size',
    (whole, size) => {
      const count = Math.ceil(whole.rows.length / size)
      const pieces = Array.from({ length: count }, (_, i) => whole.rows.slice(i * size, (i + 1) * size))
      for (const rows of pieces)
        for (const { weight } of weightsOf('token-sum', { ...whole, rows, count })) expect(weight).toBe(1)
    },
  )

  it('rejects a missing norm and a fractional number of minibatches', () => {
    expect(() => batchUse({ aggregation: 'seq-mean-token-sum-norm' })).toThrow('norm: found NaN, expected a number > 0')
    expect(() => batchUse({ minibatches: 1.5 })).toThrow('minibatches: found 1.5, expected an integer >= 1')
  })
})

describe('marks', () => {
  /** Ten tokens in two rows, one of positive and one of negative advantage; the log-probs of each row fall. */
  const falling = minibatch([
    { advantage: 1, tokens: Array.from({ length: 5 }, (_, t) => ({ logprob: -t })) },
    { advantage: -1, tokens: Array.from({ length: 5 }, (_, t) => ({ logprob: -t })) },
  ])

  it('of kl-cov are the given share of tokens of highest covariance', () => {
    // cov = A (logprob + 2): highest for the likely token of A > 0 and the unlikely token of A < 0.
    expect(placesOf(klCov({ covShare: 0.2 }).marks!(falling))).toEqual([0, 9])
    expect(placesOf(klCov({ covShare: 0.01 }).marks!(falling))).toHaveLength(1)
  })

  it('of clip-cov are the given share of eligible tokens, chosen by the key', () => {
    const marked = (covRatio: number, key: number) =>
      placesOf(clipCov({ covRatio, covLow: 0.5, covHigh: 1.5 }).marks!({ ...falling, draw: keyedUniform(key) }))
    expect(marked(1, 1)).toEqual([1, 8])
    expect(marked(0.1, 1)).toEqual(marked(0.1, 1))
    const choices = new Set(Array.from({ length: 20 }, (_, key) => marked(0.1, key).join()))
    expect([...choices].sort()).toEqual(['1', '8'])
  })

  it('of clip-cov leave out tokens that are clipped already', () => {
    const old = falling.scores.logprobs_BT.map((logprob, i) => (i === 1 ? logprob - 1 : logprob))
    const batch = { ...falling.batch, scores: { ...falling.scores, logprobs_BT: old } }
    const objective = clipCov({ clipHigh: 0.5, covRatio: 1, covLow: 0.5, covHigh: 1.5 })
    expect(placesOf(objective.marks!({ ...falling, batch }))).toEqual([8])
  })

  it('of clip-b are tokens of negative advantage and very low S', () => {
    // S has mean -1 and std 2. The last token of each row is below -1 - 2; the first row has a positive advantage.
    const row = (advantage: number) => ({ advantage, tokens: [{ s: 0 }, { s: 0 }, { s: 0 }, { s: -4 }] })
    expect(placesOf(clipB({ mu: 1 }).marks!(minibatch([row(1), row(-1)])))).toEqual([7])
    expect(placesOf(clipB({ mu: 2.5 }).marks!(minibatch([row(1), row(-1)])))).toEqual([])
  })

  it('of clip-v are the tokens of negative advantage and largest D, up to the given share', () => {
    const row = (advantage: number) => ({ advantage, tokens: [{ expectedS: 9 }, { expectedS: 8 }, {}, {}] })
    const of = minibatch([row(1), row(-1)])
    expect(placesOf(clipV({ mu: 1, maxShare: 1 }).marks!(of))).toEqual([4, 5])
    expect(placesOf(clipV({ mu: 1, maxShare: 0.1 }).marks!(of))).toEqual([4])
    expect(placesOf(clipV({ mu: 3, maxShare: 1 }).marks!(of))).toEqual([])
  })

  test.prop([anyMinibatch])('lie on tokens that train', (of) => {
    const trained = new Set(trainedPlaces(of))
    for (const { marks } of [klCov(), clipCov({ covLow: -9, covRatio: 1 }), clipB({ mu: 0 }), clipV({ mu: 0 })])
      expect(placesOf(marks!(of)).every((place) => trained.has(place))).toBe(true)
  })
})

describe('the program of a loss', () => {
  const own = (scalars: Readonly<Record<string, number>>): Objective => ({
    ...reinforceLoss(),
    name: 'own',
    scalars,
    loss: ({ logprobs_BT, scalar }) => ({ loss_BT: mul(mul(logprobs_BT, scalar('k')), scalar('k')) }),
  })
  const built = (objective: Objective) => {
    const shape = [1, 2]
    const [logprob, entropy] = [input('logprob', shape), input('entropy', shape)]
    return program('loss', { loss: lossOf(objective, { logprob, entropy }, shape).loss })
  }

  it('has one input for a scalar that the loss reads twice', () => {
    expect([...built(own({ k: 2, unread: 1 })).inputs.keys()].sort()).toEqual([
      'logprob',
      'mask',
      'scalar.k',
      'weights',
    ])
  })

  it('rejects a scalar that the objective does not declare', () => {
    expect(() => built(own({}))).toThrow(
      'objective own: found a read of scalar k, expected one of its declared scalars []',
    )
  })
})

describe('the feed of a loss', () => {
  const of = minibatch([{ advantage: 2, tokens: tokens(2) }])

  it('takes the scalars that a controller replaced', () => {
    const controlled = { controller: 'c', memory: {}, scalars: { clipHigh: 0.5, other: 1 } }
    const feed = lossFeed(ppoClip(), { ...of, batch: { ...of.batch, controlled } })
    expect(feed.scalars).toEqual({ 'scalar.clipLow': 0.2, 'scalar.clipHigh': 0.5 })
  })

  it('multiplies advantages by the importance weights of a mismatch correction', () => {
    const batch = { ...of.batch, importance_BT: Float32Array.of(0.5, 2) }
    const { advantages } = lossFeed(ppoClip(), { ...of, batch }).matrices
    expect([advantages!(0, 0), advantages!(0, 1)]).toEqual([1, 4])
  })

  it('rejects a batch without reference log-probs if the objective needs them', () => {
    expect(() => lossFeed(withKl(ppoClip()), of)).toThrow(
      'objective ppo-clip: found no reference log-probs in batch 0, expected them; score the batch under a reference policy first (scoreReference)',
    )
  })
})

describe('additions to a loss', () => {
  it.each([
    ['k1', -0.5],
    ['k2', 0.125],
    ['k3', Math.exp(0.5) - 1.5],
  ] as const)('%s of d = 0.5', (form, expected) => {
    expect(klForms[form].value(0.5)).toBeCloseTo(expected, 12)
  })

  test.prop([fc.double({ min: -100, max: 100, noNaN: true })])('k3 is never negative, and bounded', (d) => {
    expect(klForms.k3.value(d)).toBeGreaterThanOrEqual(-1e-15)
    expect(klForms.k3.value(d)).toBeLessThanOrEqual(10)
  })

  it('keeps the name of the objective and declares its needs', () => {
    expect(withKl(ppoClip())).toMatchObject({ name: 'ppo-clip', needsReference: true })
    expect(withEntropyBonus(ppoClip(), 0.5).scalars).toEqual({ clipLow: 0.2, clipHigh: 0.2, entropyCoefficient: 0.5 })
  })
})
