import { describe, it } from 'vitest'
import { createTurns } from '#lib/remote/sampler/turns.js'
import { virtually } from '#testing.js'

describe('createTurns', () => {
  it('runs requests beside each other, and one alone between them, in the order of their subscription', () =>
    virtually(({ cold, expectObservable }) => {
      const { beside, alone } = createTurns()
      expectObservable(beside(cold('--a|'))).toBe('--a|')
      expectObservable(beside(cold('----b|')), '-^').toBe('-----b|')
      expectObservable(alone(cold('--c|')), '--^').toBe('--------c|')
      expectObservable(beside(cold('-d|')), '---^').toBe('----------d|')
      expectObservable(alone(cold('-e|')), '----^').toBe('------------e|')
    }))

  it('gives the turn on after an error, and when a request is unsubscribed, running or waiting', () =>
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const { beside, alone } = createTurns()
      const waiting = cold('-x|')
      expectObservable(alone(cold('--#'))).toBe('--#')
      expectObservable(alone(cold('-----')), '^----!').toBe('')
      expectObservable(alone(waiting), '^--!').toBe('')
      expectObservable(beside(cold('-a|')), '^').toBe('------a|')
      expectSubscriptions(waiting.subscriptions).toBe([])
    }))
})
