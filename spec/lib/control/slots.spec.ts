import { forkJoin, NEVER, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { slots } from '#lib/control/slots.js'
import { virtually } from '#testing.js'

describe('slots', () => {
  it('runs as many streams as it has slots, in the order of their subscription', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const place = slots(2)
      const streams = ['--(a|)', '---(b|)', '-(c|)', '-(d|)'].map((marbles) => cold(marbles))
      expectObservable(forkJoin(streams.map((stream$) => place(stream$)))).toBe('----(r|)', { r: ['a', 'b', 'c', 'd'] })
      expectSubscriptions(streams[2]!.subscriptions).toBe('--^!')
      expectSubscriptions(streams[3]!.subscriptions).toBe('---^!')
    })
  })

  it('gives the slot of a stream that is unsubscribed, or fails, to the next', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const place = slots(1)
      const [hanging$, failing$, last$, dropped$] = [cold('-'), cold('-#'), cold('(z|)'), cold('-')]
      expectObservable(place(hanging$), '^--!').toBe('')
      expectObservable(place(dropped$), '^-!').toBe('')
      expectObservable(place(failing$)).toBe('----#')
      expectObservable(place(last$)).toBe('----(z|)')
      expectSubscriptions(dropped$.subscriptions).toBe([])
    })
  })

  it('does not overflow the call stack when many waiting streams end at once', () => {
    const place = slots(1)
    const first = place(NEVER).subscribe()
    let ended = 0
    for (let n = 0; n < 20_000; n++) place(of(n)).subscribe({ complete: () => ended++ })
    first.unsubscribe()
    expect(ended).toBe(20_000)
  })
})
