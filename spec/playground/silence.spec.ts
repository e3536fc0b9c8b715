import { NEVER, of } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { expect, test } from 'vitest'
import { silence } from '../../playground/silence.js'

const marbles = (check: (helpers: Parameters<Parameters<TestScheduler['run']>[0]>[0]) => void) =>
  new TestScheduler((found, expected) => expect(found).toEqual(expected)).run(check)
const values = { f: false, t: true }

test('silence begins after a time without a message, and ends with the next message', () => {
  marbles(({ hot, expectObservable }) => {
    const found$ = silence(hot('a--a--------a------'), of(true), 5)
    expectObservable(found$, '^------------------!').toBe('f-------t---f----t-', values)
  })
})

test('silence does not begin while no message is awaited, and its time starts afresh afterwards', () => {
  marbles(({ hot, expectObservable }) => {
    const isAwaited$ = hot<boolean>('t----f------t--------', values)
    expectObservable(silence(NEVER, isAwaited$, 7), '^-------------------!').toBe('f------------------t', values)
  })
})
