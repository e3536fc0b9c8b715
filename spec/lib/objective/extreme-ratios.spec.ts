import { describe, expect, it } from 'vitest'
import { gradient } from '#lib/compute/gradient.js'
import { input } from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'
import { everything } from '#lib/entropy/filter/everything.js'
import { corrections } from '#lib/objective/corrections.js'
import { type ObjectiveEntry, objectives } from '#lib/objective/index.js'
import { klForms, type KlFormName } from '#lib/objective/kl-forms.js'
import { lossOf } from '#lib/objective/loss.js'
import type { Objective } from '#lib/objective/objective.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { withKl } from '#lib/objective/with-kl.js'
import { interpret } from '../compute/reference/interpret.js'
import { measuredBatch, stateOf } from '../entropy/batches.js'
import { floats } from '../model/golden.js'

const extremes = [100, -100, 1000, -1000, 1e5, -1e5]

/** Outputs of the loss of a batch of two tokens, with log ratio `d` to both the old and the reference policy. */
const outputsAt = (objective: Objective, d: number, advantage: number, marked: number) => {
  const shape = [1, 2]
  const logprob = input('logprob', shape)
  const entropy = input('entropy', shape)
  const outputs = lossOf(objective, { logprob, entropy }, shape)
  const derived = program('extreme', { ...outputs, slope: gradient(outputs.loss, [logprob])[0]! })
  const row = (first: number, second: number) => floats(shape, [first, second])
  const own = Math.min(0, d) - 1
  const feed = {
    logprob: row(own, -1),
    entropy: row(0.5, 0.5),
    oldLogprobs: row(own - d, -1),
    referenceLogprobs: row(own - d, -1),
    advantages: row(advantage, -advantage),
    mask: row(1, 1),
    marked: row(marked, 0),
    weights: row(0.5, 0.5),
    ...Object.fromEntries(
      Object.entries(objective.scalars ?? {}).map(([name, value]) => [`scalar.${name}`, floats([], [value])]),
    ),
  }
  const read = Object.fromEntries(Object.entries(feed).filter(([name]) => derived.inputs.has(name)))
  return Object.entries(interpret(derived, read)).map(([name, { data }]) => ({ name, data: [...data] }))
}

/** Engines compute with 32-bit numbers, of which the largest is 3.4e38; the interpreter computes with 64 bits. */
const expectFinite = (objective: Objective, d: number) => {
  for (const advantage of [3, -3])
    for (const marked of [0, 1])
      for (const { name, data } of outputsAt(objective, d, advantage, marked))
        for (const value of data)
          expect(Math.abs(Math.fround(value)), `${name} at A ${advantage}`).toBeLessThan(Infinity)
}

describe.each(extremes)('at a log ratio of %d the loss, its gradient and the reports are finite', (d) => {
  it.each(Object.entries<ObjectiveEntry>(objectives))('of objective %s', (_, { create }) => {
    expectFinite(create(), d)
  })

  it('of ppo-clip without a dual clip', () => {
    expectFinite(ppoClip({ dualClip: null }), d)
  })

  it.each(Object.keys(klForms) as KlFormName[])('of KL estimator %s in the loss', (klForm) => {
    expectFinite(withKl(ppoClip(), { klForm, klCoefficient: 1, klAnyForm: true }), d)
  })

  it.each(Object.entries(corrections))('of correction %s, also without a cap', (_, { create }) => {
    const batch = everything().admit(
      stateOf(0),
      measuredBatch([{ advantage: 1, tokens: [{ logprob: Math.min(0, d), samplerLogprob: Math.min(0, d) - d }] }]),
    )
    const { importance_BT = [] } = create(Infinity)(batch)
    for (const weight of importance_BT) expect(weight).toBeLessThan(Infinity)
  })
})
