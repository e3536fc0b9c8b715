import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { gradient } from '#lib/compute/gradient.js'
import { input, sub, sum } from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'
import { klForms, type KlFormName } from '#lib/objective/kl-forms.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { withKl } from '#lib/objective/with-kl.js'
import { expectClose } from '../compute/reference/close.js'
import { interpret } from '../compute/reference/interpret.js'
import { floats } from '../model/golden.js'

/** Softmax over a small vocabulary, in double precision. */
const softmax = (logits: readonly number[]): number[] => {
  const weights = logits.map((logit) => Math.exp(logit - Math.max(...logits)))
  const total = weights.reduce((a, b) => a + b)
  return weights.map((weight) => weight / total)
}

/** Sum over tokens v of p_v slope_v grad log p_v, by the logits of p: a gradient that is expected over the policy. */
const expected = (p: readonly number[], slopes: readonly number[]): number[] => {
  const total = p.reduce((sum, p_v, v) => sum + p_v * slopes[v]!, 0)
  return p.map((p_v, v) => p_v * (slopes[v]! - total))
}

/** Gradient of KL(policy || reference), and of KL(reference || policy), by the logits of the policy. */
const forward = (p: readonly number[], r: readonly number[]) =>
  expected(
    p,
    p.map((p_v, v) => Math.log(p_v / r[v]!)),
  )
const reverse = (p: readonly number[], r: readonly number[]) => p.map((p_v, v) => p_v - r[v]!)

/** Expected gradient of an estimator as a term of the loss: its own derivative, averaged over the policy. */
const inLoss = (form: KlFormName, p: readonly number[], r: readonly number[]) => {
  const shape = [1, p.length]
  const logprobs = input('logprobs', shape)
  const kl = klForms[form].nodes(sub(input('reference', shape), logprobs))
  const [slope] = gradient(sum(kl, [0, 1]), [logprobs])
  const feed = { logprobs: floats(shape, p.map(Math.log)), reference: floats(shape, r.map(Math.log)) }
  const derived = program('slope', { slope: slope! })
  const read = Object.fromEntries(Object.entries(feed).filter(([name]) => derived.inputs.has(name)))
  return expected(p, [...interpret(derived, read)['slope']!.data])
}

/** Expected policy gradient of an estimator as a penalty in the reward; it descends on the estimator. */
const inReward = (form: KlFormName, p: readonly number[], r: readonly number[]) =>
  expected(
    p,
    p.map((p_v, v) => klForms[form].value(Math.log(r[v]! / p_v))),
  )

/** Two policies whose log ratio is below 2.4 nats: k3 stays below its bound of 10, where its gradient is 0. */
const anyPair = fc
  .integer({ min: 2, max: 6 })
  .chain((V) => {
    const logits = fc.array(fc.double({ min: -0.6, max: 0.6, noNaN: true }), { minLength: V, maxLength: V })
    return fc.tuple(logits, logits)
  })
  .map(([p, r]) => [softmax(p), softmax(r)] as const)

describe('expected gradients, by enumeration of the vocabulary', () => {
  test.prop([anyPair])('of k1 in the loss are 0', ([p, r]) => {
    expectClose(
      inLoss('k1', p, r),
      p.map(() => 0),
      1e-12,
    )
  })

  test.prop([anyPair])('of k2 in the loss are those of KL(policy || reference)', ([p, r]) => {
    expectClose(inLoss('k2', p, r), forward(p, r), 1e-12)
  })

  test.prop([anyPair])('of k3 in the loss are those of KL(reference || policy)', ([p, r]) => {
    expectClose(inLoss('k3', p, r), reverse(p, r), 1e-9)
  })

  test.prop([anyPair])('of k1 in the reward are those of KL(policy || reference)', ([p, r]) => {
    expectClose(inReward('k1', p, r), forward(p, r), 1e-12)
  })

  test.prop([anyPair])('of k3 in the reward are only the difference of both', ([p, r]) => {
    expectClose(
      inReward('k3', p, r),
      forward(p, r).map((value, v) => value - reverse(p, r)[v]!),
      1e-9,
    )
  })

  it.each(['k2', 'k3'] as const)('of %s in the reward can push the policy away from the reference', (form) => {
    const [p, r] = [
      [0.2, 0.8],
      [0.5, 0.5],
    ]
    const alignment = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, v) => sum + x * b[v]!, 0)
    expect(alignment(inReward('k1', p, r), forward(p, r))).toBeGreaterThan(0)
    expect(alignment(inReward(form, p, r), forward(p, r))).toBeLessThan(0)
  })
})

describe('withKl', () => {
  it('refuses k1, and names the reason and the way out', () => {
    expect(() => withKl(ppoClip(), { klForm: 'k1' })).toThrow(
      new RangeError(
        'klForm: found k1 in the loss, where its expected gradient is 0, expected k3 or k2; klAnyForm accepts it',
      ),
    )
    expect(() => withKl(ppoClip(), { klForm: 'k1', klAnyForm: true })).not.toThrow()
    for (const klForm of ['k2', 'k3'] as const) expect(() => withKl(ppoClip(), { klForm })).not.toThrow()
  })
})
