import { fc, test } from '@fast-check/vitest'
import { from, lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { mathVerifier, type MathVerifierOptions } from '#lib/reward/math/verifier.js'
import { aCompletion, aPrompt } from '#testing.js'
import { anyAnswer } from './answers.js'
import { cpuMsSince } from '../../../cpu-time.js'

const judge = (reference: string, text: string, options?: MathVerifierOptions) =>
  lastValueFrom(from(mathVerifier(options)(aPrompt('p', { reference }), aCompletion(3, { text }))))

describe('mathVerifier', () => {
  it('rewards on the scale of the task', async () => {
    expect(await judge('#### 42', 'so \\boxed{42}')).toEqual({ value: 1, correct: true, answer: '42' })
    expect(await judge('#### 42', 'so \\boxed{43}')).toEqual({ value: -1, correct: false, answer: '43' })
    const binary = await judge('#### 42', 'so \\boxed{43}', { rewardScale: 'binary' })
    expect(binary).toEqual({ value: 0, correct: false, answer: '43' })
  })

  it.each([
    ['42', '\\boxed{42}'],
    ['She has 6 * 7 = 42.\n#### 42', 'The answer is 42.'],
    ['\\frac{1}{2}', 'That is half: $\\frac12$.'],
    ['Thus \\boxed{\\{1, 2\\}}', '#### 2, 1'],
  ])('reads the reference %j', async (reference, text) => {
    expect(await judge(reference, text)).toMatchObject({ correct: true })
  })

  it('gives all right answers the same text, with and without algebra', async () => {
    const answers = ['\\boxed{\\sqrt{8}}', '\\boxed{2\\sqrt{2}}', 'The answer is $8^{1/2}$']
    const rewards = await Promise.all(answers.map((text) => judge('\\boxed{2\\sqrt2}', text)))
    expect(rewards.map(({ answer }) => answer)).toEqual(['2\\sqrt{2}', '2\\sqrt{2}', '2\\sqrt{2}'])
  })

  it('gives a wrong number the same text in every notation', async () => {
    const answers = ['\\boxed{\\frac24}', '\\boxed{0.50}', 'I get 1/2']
    const rewards = await Promise.all(answers.map((text) => judge('7', text)))
    expect(rewards.map(({ answer }) => answer)).toEqual(['1/2', '1/2', '1/2'])
  })

  it.each([
    ['I do not know.', 'no-answer'],
    ['', 'no-answer'],
    ['\\boxed{\\frac{1}{2}', 'malformed'],
    ['\\boxed{}', 'malformed'],
    ['\\boxed{(1, 2}', 'malformed'],
    ['\\boxed{x^}', 'malformed'],
    ['\\boxed{\\frac{1}{}}', 'malformed'],
    ['\\boxed{9^{9^{9^9}}}', 'malformed'],
    [`\\boxed{${'('.repeat(400)}}`, 'malformed'],
  ])('%j is wrong: %s', async (text, fault) => {
    expect(await judge('\\sqrt{2}', text)).toMatchObject({ value: -1, correct: false, fault })
  })

  it('accepts an unmarked number, unless answers must be marked', async () => {
    expect(await judge('18', 'She makes 18 dollars')).toMatchObject({ correct: true })
    const strict = await judge('18', 'She makes 18 dollars', { mustMark: true })
    expect(strict).toEqual({ value: -1, correct: false, fault: 'no-answer' })
  })

  it('throws for a reference that is not an answer', () => {
    const prompt = aPrompt('p7', { reference: '(1, 2' })
    expect(() => mathVerifier()(prompt, aCompletion(3))).toThrow(
      'reference of prompt p7: found (1, 2, expected an answer',
    )
  })

  it.each([
    ['inside a box', '\\boxed{7}. Again: \\boxed{7', false],
    ['inside hashes', '#### 7', false],
    ['inside a sentence', 'The answer is 7', false],
    ['after a box', '\\boxed{7}. This is', true],
  ])('a completion that the length limit cut %s', async (_, text, correct) => {
    const reward = from(mathVerifier()(aPrompt('p', { reference: '7' }), aCompletion(3, { text, finish: 'length' })))
    expect((await lastValueFrom(reward)).correct).toBe(correct)
  })

  it.each(['\\frac{', '?', '####', '', '...', '\\boxed{}', '1+', '(1, 2', '\\sqrt{', '\\text{answer}'])(
    'cannot read the reference %j',
    (reference) => {
      expect(mathVerifier().canRead?.(reference)).toBe(false)
    },
  )

  it.each([
    '7',
    'x<3',
    '\\text{no}',
    '\\emptyset',
    '\\infty',
    '#### 5',
    '\\sum_{k=1}^n k',
    '3:45 PM',
    '\\triangle ABC',
    '\\pm 2',
  ])('can read the reference %j', async (reference) => {
    expect(mathVerifier().canRead?.(reference)).toBe(true)
    expect(await judge(reference, `\\boxed{${reference}}`)).toMatchObject(
      reference === '#### 5' ? {} : { correct: true },
    )
  })

  test.prop([fc.oneof(anyAnswer, fc.string()), fc.constantFrom('7', '\\sqrt{2}', '\\{x, y\\}', 'x = 2', '(1, 2]')])(
    'any text gets a finite reward in reasonable time',
    async (text, reference) => {
      const start = process.cpuUsage()
      const plain = await judge(reference, text)
      const boxed = await judge(reference, `\\boxed{${text}}`)
      expect(cpuMsSince(start)).toBeLessThan(20_000)
      for (const { value, correct, fault } of [plain, boxed]) {
        expect(value).toBe(correct ? 1 : -1)
        if (correct) expect(fault).toBeUndefined()
      }
    },
  )
})
