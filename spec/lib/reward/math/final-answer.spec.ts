import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { finalAnswer, lastFormula, markedAnswer } from '#lib/reward/math/final-answer.js'
import { cpuMsSince } from '../../../cpu-time.js'

describe('markedAnswer', () => {
  it.each([
    ['a box', 'so \\boxed{42}.', '42'],
    ['braces in a box', '\\boxed{\\frac{1}{\\sqrt{2}}}', '\\frac{1}{\\sqrt{2}}'],
    ['braces that are text', '\\boxed{\\{1, 2\\}}', '\\{1, 2\\}'],
    ['the last box', '\\boxed{1}, no, \\boxed{2}', '2'],
    ['a box without braces', 'so $\\boxed 5$', '5'],
    ['another kind of box', '\\fbox{7}', '7'],
    ['the mark that was begun last', 'The answer is \\boxed{3}.\n#### 4', '4'],
    ['hashes in the same line', '#### 42 and this is consistent', '42'],
    ['hashes before a remark', '#### 42 (see above)', '42'],
    ['hashes before a numbered heading', '#### 7\n#### 1. Check\nAll is well.', '7'],
    ['a box that is only mentioned', 'I put it in \\boxed as asked. The answer is 5.', '5'],
    ['a phrase after a box', '\\boxed{3}. Wait, the answer is 4.', '4'],
    ['a box before a phrase without an answer', '\\boxed{3}. Note that the answer is not 4.', '3'],
    ['several formulas', 'The answers are $7$ and $8$.', '7  and  8'],
    ['a GSM8K solution', 'She has 3 * 14 = <<3*14=42>>42 eggs.\n#### 42', '42'],
    ['hashes with a sign', '####-7', '-7'],
    ['hashes that are a heading', '#### Step 2\nThe answer is 5.', '5'],
    ['a sentence', 'The answer is 18 dollars. That is a lot.', '18 \\text{ dollars}'],
    ['a sentence with a decimal', 'The answer is 1.5.', '1.5'],
    ['a sentence with a formula', 'So the answer is $\\frac{1}{2}$, by symmetry.', '\\frac{1}{2}'],
    ['words before a number', 'The answer is that she has 18 eggs', '18 \\text{ eggs}'],
    ['a sum in words', 'The answer is 15 gallons * 8 pints / gallon = 120 pints.', '120 \\text{ pints}'],
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
    '#### Step 1',
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

describe('finalAnswer', () => {
  it.each([
    ['an open box after a closed one', '\\boxed{7}. Wait, recompute: \\boxed{'],
    ['an open box with an answer', '\\boxed{7} and then \\boxed{8'],
    ['a box without anything', 'I put it in a \\boxed'],
  ])('%s is cut', (_, text) => {
    expect(finalAnswer(text)).toMatchObject({ isCut: true })
  })

  it.each([
    ['hashes', '#### 4'],
    ['a sentence', 'The answer is 1'],
    ['a sentence with a full stop, which may be a decimal point', 'The answer is 1.'],
    ['an unmarked number', 'so there are 4'],
    ['the beginning of a box', '\\boxed{7}. Let me put it in \\bo'],
    ['a box without braces', '\\boxed 4'],
    ['the beginning of hashes', '#### 7\nNo.\n##'],
    ['a phrase', 'The answer is 7. Wait, the answer is'],
  ])('%s at the end of a truncated text: cut', (_, text) => {
    expect(finalAnswer(text, true)).toMatchObject({ isCut: true })
    expect(finalAnswer(text)?.isCut).not.toBe(true)
  })

  it.each([
    ['a closed box', '\\boxed{7} and so'],
    ['hashes before other lines', '#### 7\nso'],
    ['a finished sentence', 'The answer is 7. And so'],
  ])('%s in a truncated text: complete', (_, text) => {
    expect(finalAnswer(text, true)).toMatchObject({ isCut: false })
  })

  it.each([
    ['not', 'It is not 42.'],
    ['a contraction', "It isn't 42."],
    ['at least', 'There are at least 42.'],
    ['up to', 'She needs up to 42.'],
    ['or more', 'She has 42 or more.'],
    ['a choice', 'It is 41 apples or 42 pears.'],
    ['a share', 'She took 5 out of 42.'],
    ['a quantity in two parts', 'It takes 3 hours and 42 minutes.'],
    ['between', 'It is between 41 and 42'],
  ])('%s: the number is no answer', (_, text) => {
    const found = finalAnswer(text)
    expect(found === null || found.text !== '42').toBe(true)
  })

  it.each([
    ['money', 'She paid $50 and has $29 left.', '$29 \\text{ left}'],
    ['a numeral', 'The town has 42 million people.', '42 \\text{ million people}'],
    ['a sum', 'so $7$ + $8$ = $15$.', '7  +  8  =  15'],
    ['a choice of formulas', 'so it is $7$ or $8$.', '7  or  8'],
  ])('%s', (_, text, answer) => {
    expect(finalAnswer(text)?.text).toBe(answer)
  })
})

describe('a phrase that is taken back', () => {
  it.each([
    'The answer is 7?? no, 8',
    'The answer is 7. No, wait, it is 8.',
    'The answer is $7$. Actually, it should be $8$.',
    'Answer: 7\nSorry, 8',
    'The answer is 7. Oh no, that is for x; y is 8.',
  ])('%j does not answer 7', (text) => {
    expect(finalAnswer(text)?.text).not.toBe('7')
  })

  it.each([
    'The answer is 7. No other value works for n = 3.',
    'The answer is 7. We waited 3 days.',
    'The answer is 7. Now check: 3 + 4 = 7.',
    'The answer is 7. Wait for it!',
  ])('%j answers 7', (text) => {
    expect(finalAnswer(text)?.text).toBe('7')
  })
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
    ['hashes', '#### '],
    ['one row of hashes', '#'],
    ['headings', '#### Step\n'],
    ['numbers with or', '7 or '],
    ['words', 'word '],
    ['lines', '5\n'],
    ['spaces', ' '],
    ['stars', '*'],
  ])('of %s are read in time', (_, piece) => {
    const text = piece.repeat(200_000 / piece.length)
    const start = process.cpuUsage()
    markedAnswer(text)
    lastFormula(text)
    finalAnswer(text, true)
    expect(cpuMsSince(start)).toBeLessThan(10_000)
  })
})
