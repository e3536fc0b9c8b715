import { execFileSync } from 'node:child_process'
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

  it('loads the compute engine only when an answer needs it', () => {
    const program = `
      import { countdown, mathVerifier } from 'entrain/rewards'
      import { lastValueFrom } from 'rxjs'
      const isLoaded = () => Symbol.for('io.cortexjs.compute-engine') in globalThis
      const judge = (text) => lastValueFrom(mathVerifier()({ id: 'p', reference: '42' }, { text }))
      countdown()
      const { correct } = await judge('\\\\boxed{42.0}')
      const before = isLoaded()
      await judge('\\\\boxed{6\\\\cdot 7}')
      console.log(JSON.stringify([correct, before, isLoaded()]))`
    const said = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })
    expect(JSON.parse(said)).toEqual([true, false, true])
  })

  test.prop([fc.oneof(anyAnswer, fc.string()), fc.constantFrom('7', '\\sqrt{2}', '\\{x, y\\}', 'x = 2', '(1, 2]')])(
    'any text gets a finite reward in reasonable time',
    async (text, reference) => {
      const start = process.cpuUsage()
      const plain = await judge(reference, text)
      const boxed = await judge(reference, `\\boxed{${text}}`)
      expect(cpuMsSince(start)).toBeLessThan(10_000)
      for (const { value, correct, fault } of [plain, boxed]) {
        expect(value).toBe(correct ? 1 : -1)
        if (correct) expect(fault).toBeUndefined()
      }
    },
  )
})
