import { map, of, throwError } from 'rxjs'
import { expect, it } from 'vitest'
import { ServerError, type ServerProblem } from '#lib/remote/http/server-error.js'
import { createActivity } from '#lib/remote/sampler/server-activity.js'
import { virtually } from '#testing.js'

type Outcome = ServerProblem | 'answer'

const answersOf = (outcomes: readonly Outcome[]) => {
  let asked = 0
  return () => {
    const outcome = outcomes[asked++] ?? 'answer'
    return outcome === 'answer' ? of('') : throwError(() => new ServerError(outcome, 'http://a', outcome, 'an answer'))
  }
}

const activityOf = (questions: readonly Outcome[]) =>
  createActivity({ version: 0, ask: answersOf(questions), interval: 0.002, clock: () => 0 })

/** Problem of a server that is not alive. */
const faults = { a: null, t: 'timed-out', f: 'failed', u: 'unreachable' } as const

it.each([
  ['it answers', [], 'a'],
  ['two questions in a row have no answer', ['timed-out', 'failed', 'answer', 'failed', 'timed-out'], 'a'],
  ['three questions in a row have no answer, until it answers', ['timed-out', 'timed-out', 'failed'], 'a---f-a'],
  ['it has no connection, at once', ['answer', 'unreachable'], 'a-u-a'],
  ['it refuses a question, which is an answer', ['refused', 'timed-out', 'failed', 'refused', 'failed'], 'a'],
] as const)('a server is alive or not when %s', (_, questions, expected) => {
  virtually(({ expectObservable }) => {
    const { status$ } = activityOf(questions)
    expectObservable(status$.pipe(map(({ fault }) => fault?.problem ?? null)), '20ms !').toBe(expected, faults)
  })
})

it('requests without an answer do not take the place of questions, except without a connection', () => {
  virtually(() => {
    const { status$, watch } = activityOf([])
    const states: unknown[] = []
    const watching = status$.subscribe(({ isAlive, fault }) => states.push([isAlive, fault?.problem ?? null]))
    const request = answersOf(['timed-out', 'failed', 'unreadable', 'timed-out', 'suspended', 'answer'])
    for (let i = 0; i < 6; i++)
      request()
        .pipe(watch())
        .subscribe({ error: () => undefined })
    expect(states).toEqual([
      [true, null],
      [false, 'suspended'],
      [true, null],
    ])
    watching.unsubscribe()
  })
})
