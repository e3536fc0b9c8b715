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
    ['most samples agree on the correct answer', ['right', 'wrong', 'right'], 1],
    ['most samples agree on an incorrect answer', ['wrong', 'wrong', 'right'], 0],
    ['two answers tie, one of them correct', ['right', 'wrong', 'right', 'wrong', 'other'], 1 / 2],
    ['all answers differ', ['right', 'wrong', 'other'], 1 / 3],
    ['a sample without an answer counts alone', ['right', null, null], 1 / 3],
    ['samples without an answer do not agree with each other', ['right', 'right', null, null, null], 1],
    ['no sample has an answer', [null, null], 0],
  ] as const)('%s', (_, answers, expected) => {
    expect(majAtK(samplesOf(...answers))).toBeCloseTo(expected, 15)
  })

  it('counts incorrect answers that are the same together', () => {
    const samples = samplesOf('right', 'right', '\\sqrt{8}', '2\\sqrt{2}', '8^{1/2}')
    expect(majAtK(samples)).toBe(1)
    expect(majAtK(samples, (a, b) => a !== 'right' && b !== 'right')).toBe(0)
  })

  test.prop([anySamples, fc.nat()])('does not depend on the order', (samples, by) => {
    const turned = [...samples.slice(by % samples.length), ...samples.slice(0, by % samples.length)]
    expect(majAtK(turned)).toBe(majAtK(samples))
  })

  test.prop([fc.constantFrom('right', 'wrong', null)])('of one sample is its correctness', (answer) => {
    expect(majAtK(samplesOf(answer))).toBe(answer === 'right' ? 1 : 0)
  })
})
