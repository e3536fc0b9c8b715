import { fc, test } from '@fast-check/vitest'
import { firstValueFrom, from } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { sequence } from '#lib/random/sequence.js'
import { keyedUniform } from '#lib/random/uniform.js'
import type { Demonstration } from '#lib/rollout/demonstration.js'
import type { Prompt } from '#lib/rollout/prompt.js'
import { textOf } from '#lib/task/countdown/expression.js'
import { countdown } from '#lib/task/countdown/index.js'
import { type Problem, randomExpression, splitOf } from '#lib/task/countdown/problem.js'
import { first } from '../first.js'
import { sorted } from './expressions.js'
import { solves } from './solves.js'

const task = countdown()
const splits = ['train', 'tune', 'test'] as const

/** Parses the text of a prompt. */
const problemOf = ({ text }: Prompt): Problem => {
  const [, numbers, target] = /^([\d ]+)=(\d+):$/.exec(text) ?? []
  return { numbers: (numbers ?? '').split(' ').map(Number), target: Number(target) }
}

const isRight = ({ prompt, text }: Demonstration): boolean => solves(problemOf(prompt), text)
const shareRight = (demonstrations: readonly Demonstration[]): number =>
  demonstrations.filter(isRight).length / demonstrations.length

describe('prompts', () => {
  it('contain the problem as text, tokens and reference', () => {
    for (const prompt of first(50, task.prompts('train', 1))) {
      expect(prompt.text).toMatch(/^\d+ \d+ \d+=\d+:$/)
      expect(task.tokenizer.decode(prompt.tokens)).toBe(prompt.text)
      expect(prompt.reference).toBe(prompt.text.slice(0, -1))
    }
  })

  it('have the same id for the same problem in any order of its numbers', () => {
    const idsOf = (numbers: readonly number[]) =>
      first(3000, countdown({ largest: 3 }).prompts('train', 1))
        .filter(({ text }) => text.startsWith(`${numbers.join(' ')}=`))
        .map(({ id }) => id)
    expect(idsOf([3, 1, 2]).every((id) => id.startsWith('1 2 3='))).toBe(true)
    expect(new Set(idsOf([3, 1, 2]))).toEqual(new Set(idsOf([2, 3, 1])))
    expect(idsOf([3, 1, 2]).length).toBeGreaterThan(20)
  })

  it.each(splits)('of %s belong to that split', (split) => {
    for (const prompt of first(100, task.prompts(split, 1))) expect(splitOf(problemOf(prompt))).toBe(split)
  })

  it('are endless and start again at every iteration', () => {
    const prompts = task.prompts('tune', 7)
    const taken = first(500, prompts)
    expect(taken).toHaveLength(500)
    expect(first(500, task.prompts('tune', 7))).toEqual(taken)
    expect(first(10, task.prompts('tune', 8))).not.toEqual(taken.slice(0, 10))
  })

  it('continue at the position of a resumed run', () => {
    expect(first(5, task.prompts('test', 7, 40))).toEqual(first(45, task.prompts('test', 7)).slice(40))
  })

  it('have references that the verifier reads', async () => {
    const [prompt] = first(1, task.prompts('train', 1))
    const answer = (text: string) => ({
      tokens: new Int32Array(0),
      logprobs_T: new Float32Array(0),
      text,
      finish: 'stop' as const,
      version: 0,
    })
    const right = first(50, demonstrationsOf(task)).find(isRight)
    expect(await firstValueFrom(from(task.verifier(right!.prompt, answer(right!.text))))).toMatchObject({ value: 1 })
    expect(await firstValueFrom(from(task.verifier(prompt!, answer('1'))))).toMatchObject({ value: -1 })
  })
})

function* demonstrationsOf(of: typeof task, seed = 1): Generator<Demonstration> {
  const at = of.demonstrations(seed)
  for (let n = 0; ; n++) yield at(n)
}

describe('demonstrations', () => {
  it('are from the train split only', () => {
    for (const { prompt } of first(500, demonstrationsOf(task))) expect(splitOf(problemOf(prompt))).toBe('train')
  })

  it('have the tokens of their text and the end token', () => {
    for (const { text, tokens } of first(100, demonstrationsOf(task))) {
      expect(tokens.at(-1)).toBe(task.tokenizer.ends[0])
      expect(task.tokenizer.decode(tokens.slice(0, -1))).toBe(text)
      expect(tokens.length).toBeLessThanOrEqual(task.maxTokens)
    }
  })

  it('use every number once, right or wrong', () => {
    for (const { prompt, text } of first(100, demonstrationsOf(task)))
      expect(sorted((text.match(/\d+/g) ?? []).map(Number))).toEqual(sorted(problemOf(prompt).numbers))
  })

  it('depend only on their number', () => {
    const at = task.demonstrations(1)
    const [late, early] = [at(100), at(3)]
    expect([early, late]).toEqual([task.demonstrations(1)(3), task.demonstrations(1)(100)])
    expect(task.demonstrations(2)(3)).not.toEqual(early)
  })

  it('are all right if none is random', () => {
    expect(shareRight(first(300, demonstrationsOf(countdown({ blind: 0 }))))).toBe(1)
  })

  it('are wrong in the share that `blind` allows', () => {
    const lucky = shareRight(first(3000, demonstrationsOf(countdown({ blind: 1 }))))
    expect(lucky).toBeGreaterThan(0)
    expect(lucky).toBeLessThan(0.2)
    for (const blind of [0.4, 0.7])
      expect(shareRight(first(3000, demonstrationsOf(countdown({ blind }))))).toBeCloseTo(
        1 - blind + blind * lucky,
        1.5,
      )
  })
})

describe('maxTokens', () => {
  const anySize = fc.record({ count: fc.integer({ min: 1, max: 6 }), largest: fc.integer({ min: 1, max: 1000 }) })

  test.prop([anySize, fc.nat()])('is enough for every expression of a problem', (size, seed) => {
    const draw = sequence(keyedUniform(seed))
    const numbers = Array.from({ length: size.count }, () => 1 + Math.floor(draw() * size.largest))
    const text = textOf(randomExpression(numbers, draw))
    expect(text.length + 1).toBeLessThanOrEqual(countdown(size).maxTokens)
  })

  it.each([
    [1, '15'],
    [2, '15+15'],
    [3, '(15-14)*13'],
    [4, '15-(14-(13-12))'],
    [5, '15-(14-(13-(12-11)))'],
  ])('is no more than %i numbers may need: %s', (count, text) => {
    expect(countdown({ count }).maxTokens).toBe(text.length + 1)
  })
})

it('every text of the task has tokens', () => {
  expect(task.tokenizer.vocabulary).toBe(20)
  expect(task.tokenizer.decode(task.tokenizer.encode('0123456789+-*/()= :'))).toBe('0123456789+-*/()= :')
})
