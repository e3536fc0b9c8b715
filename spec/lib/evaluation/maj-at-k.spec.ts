import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { majAtK, type Sample } from '#lib/evaluation/maj-at-k.js'

const samplesOf = (...answers: readonly (string | null)[]): readonly Sample[] =>
  answers.map((answer) => ({ answer, correct: answer === 'right' }))

const anySamples = fc
  .array(fc.constantFrom('right', 'wrong', 'other', null), { minLength: 1, maxLength: 12 })
  .map((answers) => samplesOf(...answers))

describe('majAtK', () => {
  it.each([
    ['most agree on the right one', ['right', 'wrong', 'right'], 1],
    ['most agree on a wrong one', ['wrong', 'wrong', 'right'], 0],
    ['two tie, one of them right', ['right', 'wrong', 'right', 'wrong', 'other'], 1 / 2],
    ['all differ', ['right', 'wrong', 'other'], 1 / 3],
    ['one that says nothing is one of its own', ['right', null, null], 1 / 3],
    ['silence does not agree with silence', ['right', 'right', null, null, null], 1],
    ['nobody answers', [null, null], 0],
  ] as const)('%s', (_, answers, expected) => {
    expect(majAtK(samplesOf(...answers))).toBeCloseTo(expected, 15)
  })

  test.prop([anySamples, fc.nat()])('does not depend on the order', (samples, by) => {
    const turned = [...samples.slice(by % samples.length), ...samples.slice(0, by % samples.length)]
    expect(majAtK(turned)).toBe(majAtK(samples))
  })

  test.prop([fc.constantFrom('right', 'wrong', null)])('of one sample is whether it is right', (answer) => {
    expect(majAtK(samplesOf(answer))).toBe(answer === 'right' ? 1 : 0)
  })
})
