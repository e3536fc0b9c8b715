import * as E from 'fp-ts/lib/Either.js'
import { EMPTY, NEVER, of, throwError } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Verifier } from '#lib/reward/verifier.js'
import type { Reward, VerifierFailure } from '#lib/rollout/reward.js'
import { reward } from '#operators/reward.js'
import { aCompletion, aGroup, aReward, fixedVerifier, virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

const one = aGroup({ completions: [aCompletion(1)] })
const groupWithFailure = (_tag: VerifierFailure['_tag'], message: string) => ({
  ...one,
  rewards_G: [E.left({ _tag, message })],
})

describe('reward', () => {
  describe('laws', () => {
    const operator = () => reward(fixedVerifier(({ tokens }) => tokens.length))
    const empty = { ...one, index: 1, completions: [] }
    keepsTheLaws({
      operator,
      reactions: [
        { input: aGroup(), outputs: [{ ...aGroup(), rewards_G: [E.right(aReward(2)), E.right(aReward(3))] }] },
        { input: empty, outputs: [{ ...empty, rewards_G: [] }] },
      ],
    })
  })

  it('keeps the order of the completions, and emits each group when all its completions are judged', () => {
    virtually(({ cold, expectObservable }) => {
      const verifier: Verifier = (_, { tokens }) =>
        cold(`${'-'.repeat(5 - tokens.length)}r|`, { r: aReward(tokens.length) })
      const short = aGroup({ completions: [aCompletion(4)] })
      const both = aGroup({ completions: [aCompletion(1), aCompletion(3)] })
      expectObservable(cold('ab|', { a: both, b: short }).pipe(reward(verifier))).toBe('--b-(a|)', {
        a: { ...both, rewards_G: [E.right(aReward(1)), E.right(aReward(3))] },
        b: { ...short, rewards_G: [E.right(aReward(4))] },
      })
    })
  })

  it('takes the first verdict and unsubscribes from the verifier', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const verdicts$ = cold('-rs--', { r: aReward(1), s: aReward(-1) })
      expectObservable(cold('a|', { a: one }).pipe(reward(() => verdicts$))).toBe('-(a|)', {
        a: { ...one, rewards_G: [E.right(aReward(1))] },
      })
      expectSubscriptions(verdicts$.subscriptions).toBe('^!')
    })
  })

  it.each<readonly [string, Verifier, ReturnType<typeof groupWithFailure>]>([
    [
      'throws',
      () => {
        throw new TypeError('no answer')
      },
      groupWithFailure('VerifierThrew', 'TypeError: no answer'),
    ],
    ['fails', () => throwError(() => new Error('refused')), groupWithFailure('VerifierThrew', 'Error: refused')],
    ['completes without a verdict', () => EMPTY, groupWithFailure('NoVerdict', 'the verifier ended without a verdict')],
    [
      'rewards NaN',
      fixedVerifier(NaN),
      groupWithFailure('NonFiniteReward', 'found reward NaN, expected a finite number'),
    ],
    [
      'rewards Infinity',
      fixedVerifier(Infinity),
      groupWithFailure('NonFiniteReward', 'found reward Infinity, expected a finite number'),
    ],
  ])('a verifier that %s makes a failure; the stream continues', (_, verifier, expected) => {
    virtually(({ cold, expectObservable }) => {
      expectObservable(cold('a-|', { a: one }).pipe(reward(verifier))).toBe('a-|', { a: expected })
    })
  })

  it.each<readonly [unknown, string]>([
    [undefined, 'undefined with value undefined and correct undefined'],
    [null, 'null with value undefined and correct undefined'],
    ['yes', 'string with value undefined and correct undefined'],
    [{ value: '1', correct: true }, 'object with value string and correct boolean'],
    [{ value: 1 }, 'object with value number and correct undefined'],
  ])('a verifier that returns %j makes a failure that names the found types', (answer, found) => {
    virtually(({ cold, expectObservable }) => {
      expectObservable(cold('a-|', { a: one }).pipe(reward(() => of(answer as Reward)))).toBe('a-|', {
        a: groupWithFailure('MalformedVerdict', `found ${found}, expected a number and a boolean`),
      })
    })
  })

  it('keeps the answer of a verdict; an answer that is no text makes a failure', () => {
    virtually(({ cold, expectObservable }) => {
      const answering = (answer: unknown) => reward(() => of({ value: 1, correct: true, answer } as Reward))
      expectObservable(cold('a|', { a: one }).pipe(answering('= 7'))).toBe('a|', {
        a: { ...one, rewards_G: [E.right({ value: 1, correct: true, answer: '= 7' })] },
      })
      expectObservable(cold('a|', { a: one }).pipe(answering(7))).toBe('a|', {
        a: groupWithFailure('MalformedVerdict', 'found answer number, expected a text or none'),
      })
    })
  })

  it('keeps the fault and the parts of a verdict; an unknown fault or malformed parts make a failure', () => {
    virtually(({ cold, expectObservable }) => {
      const judging = (but: object) => reward(() => of({ value: 1, correct: true, ...but } as Reward))
      const known = { fault: 'no-answer', parts: { correctness: -1, format: 0.5 } } as const
      expectObservable(cold('a|', { a: one }).pipe(judging(known))).toBe('a|', {
        a: { ...one, rewards_G: [E.right({ value: 1, correct: true, ...known })] },
      })
      expectObservable(cold('a|', { a: one }).pipe(judging({ fault: 'lazy' }))).toBe('a|', {
        a: groupWithFailure(
          'MalformedVerdict',
          'found fault "lazy", expected no-answer, malformed, timed-out, out-of-memory or none',
        ),
      })
      for (const parts of [{ format: NaN }, { format: '1' }, 7, null])
        expectObservable(cold('a|', { a: one }).pipe(judging({ parts }))).toBe('a|', {
          a: groupWithFailure(
            'MalformedVerdict',
            `found parts ${parts === null ? 'null' : typeof parts}, expected finite numbers by name, or none`,
          ),
        })
    })
  })

  it('unsubscribes from a verifier that hangs at the time limit, and emits its group', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const hanging$ = cold<never>('-')
      const verifier: Verifier = (_, { tokens }) => (tokens.length === 1 ? hanging$ : of(aReward(1)))
      const group = aGroup({ completions: [aCompletion(2), aCompletion(1)] })
      expectObservable(cold('a|', { a: group }).pipe(reward(verifier, { timeLimit: 1000 }))).toBe('1s (a|)', {
        a: {
          ...group,
          rewards_G: [E.right(aReward(1)), E.left({ _tag: 'VerifierTimedOut', message: 'no verdict within 1000 ms' })],
        },
      })
      expectSubscriptions(hanging$.subscriptions).toBe('^ 999ms !')
    })
  })

  it('accepts a verdict that comes just before the time limit', () => {
    virtually(({ cold, expectObservable }) => {
      const verifier: Verifier = () => cold('9ms (r|)', { r: aReward(1) })
      expectObservable(cold('a|', { a: one }).pipe(reward(verifier, { timeLimit: 10 }))).toBe('9ms (a|)', {
        a: { ...one, rewards_G: [E.right(aReward(1))] },
      })
    })
  })

  it('unsubscribes from every verifier at once', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const silent$ = cold<never>('-')
      expectObservable(cold('a-', { a: aGroup() }).pipe(reward(() => silent$)), '^--!').toBe('-')
      expectSubscriptions(silent$.subscriptions).toBe(['^--!', '^--!'])
    })
  })

  it.each([0, -1, NaN, Infinity, 2 ** 31])('refuses a time limit of %d ms', (timeLimit) => {
    expect(() => reward(() => NEVER, { timeLimit })).toThrow(RangeError)
  })
})
