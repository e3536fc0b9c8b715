import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { lastFormula, markedAnswer } from '#lib/reward/math/final-answer.js'
import { cpuMsSince } from '../../../cpu-time.js'

describe('markedAnswer', () => {
  it.each([
    ['a box', 'so \\boxed{42}.', '42'],
    ['braces in a box', '\\boxed{\\frac{1}{\\sqrt{2}}}', '\\frac{1}{\\sqrt{2}}'],
    ['braces that are text', '\\boxed{\\{1, 2\\}}', '\\{1, 2\\}'],
    ['the last box', '\\boxed{1}, no, \\boxed{2}', '2'],
    ['a box without braces', 'so $\\boxed 5$', '5'],
    ['another kind of box', '\\fbox{7}', '7'],
    ['the last box that closes', '\\boxed{1} and then \\boxed{2', '1'],
    ['a box before all else', 'The answer is \\boxed{3}.\n#### 4', '3'],
    ['a GSM8K solution', 'She has 3 * 14 = <<3*14=42>>42 eggs.\n#### 42', '42'],
    ['hashes with a sign', '####-7', '-7'],
    ['hashes that are a heading', '#### Step 2\nThe answer is 5.', '5'],
    ['a sentence', 'The answer is 18 dollars. That is a lot.', '18 dollars'],
    ['a sentence with a decimal', 'The answer is 1.5.', '1.5'],
    ['a sentence with a formula', 'So the answer is $\\frac{1}{2}$, by symmetry.', '\\frac{1}{2}'],
    ['words before a number', 'The answer is that she has 18 eggs', '18'],
    ['a sum in words', 'The answer is 15 gallons * 8 pints / gallon = 120 pints.', '120'],
    ['a colon', 'Final answer: x = 3', 'x = 3'],
    ['emphasis', '**Answer:** 70,000', '70,000'],
    ['the last sentence', 'The answer is 4. Wait, the answer is 5.', '5'],
    ['a question in it', 'The answer to "how many?" is 5', '5'],
    ['a line of its own', 'She earned 24 * 2 points/answer = 48.\nFinal answer: 50', '50'],
    ['a word', 'The answer is Tuesday.', 'Tuesday'],
  ])('%s', (_, text, answer) => {
    expect(markedAnswer(text)).toBe(answer)
  })

  it.each([
    '',
    '42',
    'There are 3 of them.',
    'I have no answer',
    '#### ',
    '2 points/answer = 48',
    'Convert the answer to weeks: 28 days',
  ])('%j marks none', (text) => {
    expect(markedAnswer(text)).toBeNull()
  })

  it('returns the rest of the text after a box that never closes', () => {
    expect(markedAnswer('\\boxed{\\frac{5}{')).toBe('{\\frac{5}{')
  })

  test.prop([fc.string(), fc.stringMatching(/^[a-z0-9+ ^]{1,20}$/), fc.string().filter((s) => !/box/.test(s))])(
    'a box is found anywhere in the text',
    (before, answer, after) => {
      expect(markedAnswer(`${before}\\boxed{${answer}}${after}`)).toBe(answer.trim())
    },
  )
})

describe('lastFormula', () => {
  it.each([
    ['She has 3 hens and 18 eggs', '18'],
    ['That makes $1,200.50 in all', '$1,200.50'],
    ['It is 1 1/2 cups', '1 1/2'],
    ['It is 3/4 of them', '3/4'],
    ['About 25% are left', '25%'],
    ['We get -7', '-7'],
    ['We get \\frac{1}{2} of it', '\\frac{1}{2}'],
    ['so $x = 3$ holds', 'x = 3'],
    ['so \\(x^2\\) holds', 'x^2'],
    ['from $x = 3$ we get 9', '9'],
    ['9 comes from $x = 3$', 'x = 3'],
  ])('%j -> %j', (text, formula) => {
    expect(lastFormula(text)).toBe(formula)
  })

  it('is null if there is none', () => {
    expect(lastFormula('nothing here')).toBeNull()
  })
})

describe('long texts', () => {
  it.each([
    ['boxes that never close', '\\boxed{'],
    ['dollars', '$ '],
    ['brackets', '\\( \\['],
    ['digits', '1'],
    ['digits and commas', '1,'],
    ['phrases', 'the answer to '],
    ['fractions', '\\frac{1}{'],
  ])('of %s are read in time', (_, piece) => {
    const text = piece.repeat(200_000 / piece.length)
    const start = process.cpuUsage()
    markedAnswer(text)
    lastFormula(text)
    expect(cpuMsSince(start)).toBeLessThan(8000)
  })
})
