import * as E from 'fp-ts/lib/Either.js'
import { defer, EMPTY, finalize, from, lastValueFrom, map, NEVER, of, throwError, timer } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { slots } from '#lib/control/slots.js'
import { enterQueue } from '#lib/reward/check-queue.js'
import { overlong } from '#lib/reward/overlong.js'
import type { Verifier } from '#lib/reward/verifier.js'
import { weighted } from '#lib/reward/weighted.js'
import type { Reward, VerifierFailure } from '#lib/rollout/reward.js'
import { reward } from '#operators/reward.js'
import { aCompletion, aGroup, aReward, fixedVerifier, virtually } from '#testing.js'
import { awkward } from '../awkward.js'
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

  it.each(awkward)(
    'a verifier that throws, fails with or returns %s makes failures; the stream continues',
    async (_, value) => {
      const verifiers: readonly Verifier[] = [
        () => {
          throw value()
        },
        () => throwError(value),
        async () => {
          await Promise.resolve()
          throw value()
        },
        () => of(value() as Reward),
        () => [value() as Reward],
        () => value() as Reward[],
        () => of({ value: value(), correct: true } as Reward),
        () => of({ value: 1, correct: value() } as Reward),
        () => of({ value: 1, correct: true, answer: value() ?? 7 } as Reward),
        () => of({ value: 1, correct: true, fault: value() ?? 'lazy' } as Reward),
        () => of({ value: 1, correct: true, parts: value() ?? 7 } as Reward),
        () => of({ value: 1, correct: true, parts: { one: value() ?? '1' } } as unknown as Reward),
      ]
      await Promise.all(
        verifiers.map(async (verifier, n) => {
          const judged = await lastValueFrom(of(one).pipe(reward(verifier)))
          const [verdict] = judged.rewards_G
          // A record without own numbers is an empty record of parts.
          if (n === 10 && E.isRight(verdict!)) expect(verdict.right.parts).toEqual({})
          else expect(verdict).toMatchObject({ _tag: 'Left', left: { message: expect.any(String) as string } })
        }),
      )
    },
  )

  it('copies the parts of a verdict, so that a later change has no effect', async () => {
    const parts = { format: 1 }
    const judged$ = of(one).pipe(reward(() => of({ value: 1, correct: true, parts })))
    const { rewards_G } = await lastValueFrom(judged$)
    parts.format = NaN
    expect(rewards_G).toMatchObject([{ right: { parts: { format: 1 } } }])
  })

  describe('the time limit', () => {
    /** Verifier of one thread: it judges the completions in turn, and each check takes its number of tokens in seconds. */
    const oneThread = (): Verifier => {
      const thread = slots(1)
      return (_, completion) =>
        defer(() => {
          const leaveQueue = enterQueue(completion)
          return thread(
            defer(() => {
              leaveQueue()
              return timer(1000 * completion.tokens.length).pipe(map(() => aReward(1)))
            }),
          ).pipe(finalize(leaveQueue))
        })
    }
    const wrappers: readonly (readonly [string, (verifier: Verifier) => Verifier])[] = [
      ['alone', (verifier) => verifier],
      ['as a part of a weighted reward', (verifier) => weighted({ correctness: { verifier } })],
      ['with a length penalty', (verifier) => overlong(verifier, { limit: 100, cache: 1 })],
      [
        'in a function',
        (verifier) => (prompt, completion) => from(verifier(prompt, completion)).pipe(map((one) => one)),
      ],
    ]

    it.each(wrappers)('counts from the start of a check in its thread, of a verifier %s', (_, wrap) => {
      virtually(({ cold, expectObservable }) => {
        const many = aGroup({ completions: Array.from({ length: 64 }, () => aCompletion(1)) })
        const judged$ = cold('a|', { a: many }).pipe(reward(wrap(oneThread()), { timeLimit: 1500 }))
        const failures$ = judged$.pipe(map(({ rewards_G }) => rewards_G.filter(E.isLeft).length))
        expectObservable(failures$).toBe('64s (n|)', { n: 0 })
      })
    })

    it('ends the check that exceeds it, and keeps the verdicts of the checks that waited behind it', () => {
      virtually(({ cold, expectObservable }) => {
        const lengths = [1, 30, 1, 30, 1]
        const group = aGroup({ completions: lengths.map((length) => aCompletion(length)) })
        const judged$ = cold('a|', { a: group }).pipe(reward(oneThread(), { timeLimit: 10_000 }))
        const tags$ = judged$.pipe(map(({ rewards_G }) => rewards_G.map(({ _tag }) => _tag)))
        expectObservable(tags$).toBe('23s (t|)', { t: ['Right', 'Left', 'Right', 'Left', 'Right'] })
      })
    })

    it('counts from the start of a check when `concurrency` makes it wait', () => {
      virtually(({ cold, expectObservable }) => {
        const slow: Verifier = () => timer(250).pipe(map(() => aReward(1)))
        const many = aGroup({ completions: Array.from({ length: 64 }, () => aCompletion(1)) })
        const judging = (concurrency: number) =>
          cold('a|', { a: many }).pipe(
            reward(slow, { timeLimit: 300, concurrency }),
            map(({ rewards_G }) => rewards_G.filter(E.isRight).length),
          )
        expectObservable(judging(1)).toBe('16s (n|)', { n: 64 })
        expectObservable(judging(16)).toBe('1s (n|)', { n: 64 })
      })
    })
  })

  it('limits how many checks run at once, over all groups, and starts them in order', () => {
    let [running, most] = [0, 0]
    const started: number[] = []
    virtually(({ cold, expectObservable }) => {
      const verifier: Verifier = (_, { tokens }) =>
        defer(() => {
          most = Math.max(most, ++running)
          started.push(tokens.length)
          return timer(10).pipe(
            map(() => aReward(1)),
            finalize(() => running--),
          )
        })
      const group = (...lengths: number[]) => aGroup({ completions: lengths.map((length) => aCompletion(length)) })
      const groups$ = cold('(ab|)', { a: group(1, 2, 3), b: group(4, 5) })
      const judged$ = groups$.pipe(reward(verifier, { concurrency: 2 }))
      expectObservable(judged$.pipe(map(({ completions }) => completions.length))).toBe('20ms a 9ms (b|)', {
        a: 3,
        b: 2,
      })
    })
    expect(most).toBe(2)
    expect(started).toEqual([1, 2, 3, 4, 5])
  })

  it.each([0, -1, 1.5, NaN])('refuses a concurrency of %d', (concurrency) => {
    expect(() => reward(() => NEVER, { concurrency })).toThrow(
      `concurrency: found ${concurrency}, expected an integer >= 1`,
    )
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
