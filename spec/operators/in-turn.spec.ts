import { NEVER, of } from 'rxjs'
import { describe, it } from 'vitest'
import { inTurn } from '#operators/in-turn.js'
import { virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

describe('inTurn', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () => inTurn((value: number) => of(value, -value)),
      reactions: [1, 2].map((input) => ({ input, outputs: [input, -input] })),
      ports: { work: (answer) => inTurn(answer) },
    })
  })

  it.each([
    ['completion', '-ab|', '---a--(b|)'],
    ['an error', '-ab#', '---a--(b#)'],
  ])('works on one value after the other, and passes %s of the source on after the last one', (_, source, output) => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const works = { a: cold('--(a|)'), b: cold('---(b|)') }
      const source$ = cold<'a' | 'b'>(source)
      expectObservable(source$.pipe(inTurn((value) => works[value]))).toBe(output)
      expectSubscriptions(source$.subscriptions).toBe('^--!')
      expectSubscriptions(works.a.subscriptions).toBe('-^-!')
      expectSubscriptions(works.b.subscriptions).toBe('---^--!')
    })
  })

  it('passes an error of the work on at once, and works on no later value', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const source$ = cold('-ab-c|')
      const broken = cold('--#')
      expectObservable(source$.pipe(inTurn(() => broken))).toBe('---#')
      expectSubscriptions(broken.subscriptions).toBe('-^-!')
      expectSubscriptions(source$.subscriptions).toBe('^--!')
    })
  })

  it('ends the work when it is unsubscribed after an error of the source', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const work = cold('-')
      expectObservable(cold('-a#').pipe(inTurn(() => work)), '----!').toBe('')
      expectSubscriptions(work.subscriptions).toBe('-^--!')
      expectObservable(NEVER.pipe(inTurn(() => work))).toBe('')
    })
  })
})
