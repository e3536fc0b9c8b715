import { test } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import { questionResult } from '#lib/evaluation/question-result.js'
import type { Completion } from '#lib/rollout/completion.js'
import { anyRewardedGroup } from '../codec/value/arbitraries.js'

const completion = (...tokens: readonly number[]): Completion => ({
  tokens: Int32Array.from(tokens),
  logprobs_T: new Float32Array(tokens.length),
  text: '',
  finish: 'stop',
  version: 0,
})
const right = E.right({ value: 1, correct: true })
const wrong = E.right({ value: -1, correct: false })
const none = E.left({ _tag: 'VerifierThrew', message: '' } as const)
const group = { step: 0, groups: 1, index: 0, prompt: { id: '', text: '', tokens: [], reference: '' } }

it('questionResult counts samples, correct samples and tokens; a sample without a verdict is incorrect', () => {
  const cut: Completion = { ...completion(0), finish: 'length' }
  const completions = [completion(1, 2, 0), cut, completion(3, 0), completion()]
  expect(questionResult({ ...group, completions, rewards_G: [right, none, right, wrong] })).toEqual({
    n: 4,
    c: 2,
    tokens: 6,
    truncated: 1,
    majority: null,
  })
})

it('questionResult has a majority if any sample has an answer', () => {
  const completions = [completion(0), completion(0), completion(0), completion(0)]
  const of = (answer: string, correct: boolean) => E.right({ value: 0, correct, answer })
  const majority = (...rewards_G: (typeof none | typeof right)[]) =>
    questionResult({ ...group, completions, rewards_G }).majority
  expect(majority(of('7', true), of('7', true), of('8', false), none)).toBe(1)
  expect(majority(of('7', true), of('8', false), of('8', false), right)).toBe(0)
  expect(majority(right, right, none, none)).toBeNull()
})

it('questionResult counts wrong answers with the same value together', () => {
  const of = (answer: string, correct: boolean) => E.right({ value: 0, correct, answer })
  const rewards_G = [
    of('7', true),
    of('7', true),
    of('\\sqrt{8}', false),
    of('2\\sqrt{2}', false),
    of('8^{1/2}', false),
  ]
  const completions = rewards_G.map(() => completion(0))
  expect(questionResult({ ...group, completions, rewards_G }).majority).toBe(0)
  const others = [of('7', true), of('7', true), of('\\sqrt{8}', false), of('\\sqrt{9}', false), of('x', false)]
  expect(questionResult({ ...group, completions, rewards_G: others }).majority).toBe(1)
})

it('questionResult reads the verdict, not the reward', () => {
  const completions = [completion(0), completion(0)]
  const rewards_G = [E.right({ value: 0.9, correct: false }), E.right({ value: 0.1, correct: true })]
  expect(questionResult({ ...group, completions, rewards_G }).c).toBe(1)
})

it('questionResult of no completions has counts of 0', () => {
  expect(questionResult({ ...group, completions: [], rewards_G: [] })).toEqual({
    n: 0,
    c: 0,
    tokens: 0,
    truncated: 0,
    majority: null,
  })
})

test.prop([anyRewardedGroup])('questionResult counts no more than the group holds', (any) => {
  const { n, c, tokens } = questionResult(any)
  expect(n).toBe(any.completions.length)
  expect(c).toBeLessThanOrEqual(any.rewards_G.length)
  expect(tokens).toBe(any.completions.flatMap((each) => [...each.tokens]).length)
})
