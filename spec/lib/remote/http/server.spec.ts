import * as t from 'io-ts'
import {
  asyncScheduler,
  catchError,
  defer,
  delay,
  NEVER,
  type Observable,
  of,
  switchMap,
  throwError,
  timer,
} from 'rxjs'
import type { RunHelpers } from 'rxjs/testing'
import { describe, expect, it } from 'vitest'
import { rightOrThrow } from '#lib/or-throw.js'
import { Secret } from '#lib/remote/http/secret.js'
import { forFirstRequests, openServer, type ServerOptions, type ServerRequest } from '#lib/remote/http/server.js'
import { ServerError } from '#lib/remote/http/server-error.js'
import type { HttpAnswer, HttpRequest } from '#lib/remote/http/transport.js'
import { virtually } from '#testing.js'

const url = 'http://10.0.0.7:8000'
const answer = (status: number, body: unknown = {}, headers: HttpAnswer['headers'] = {}): HttpAnswer => ({
  status,
  headers,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
})
const unreachable = (isUnsent = false) => new ServerError('unreachable', 'there', 'x', 'y', { isUnsent })
const json = (value: number) => answer(200, { value })

const ask: ServerRequest<{ readonly value: number }> = {
  method: 'POST',
  path: '/ask',
  body: { question: 1 },
  codec: t.type({ value: t.number }),
  isRepeatable: true,
}

/** One answer per attempt; the last one repeats. Attempts that were sent are listed, with the time. */
const inTurn = (answers: readonly Observable<HttpAnswer>[]) => {
  const sent: (HttpRequest & { readonly at: number })[] = []
  const transport = (request: HttpRequest) =>
    defer(() => {
      sent.push({ ...request, at: asyncScheduler.now() })
      return answers[Math.min(sent.length, answers.length) - 1]!
    })
  return { sent, transport }
}

/** Server in virtual time, whose waits are not random. */
const serverOf = (transport: ServerOptions['transport'], options: Partial<ServerOptions> = {}) =>
  rightOrThrow(
    openServer({
      url,
      transport: transport!,
      clock: () => asyncScheduler.now() / 1000,
      breaker: { failures: 100 },
      ...options,
    }),
  )

/** Emits the value, or the problem of the error. */
const outcome = (request$: Observable<{ readonly value: number }>) =>
  request$.pipe(catchError((error: unknown) => of(error instanceof ServerError ? error.problem : String(error))))

const errorOf = (answers: readonly HttpAnswer[], request: object = {}, options: Partial<ServerOptions> = {}) => {
  const { transport } = inTurn(answers.map((each) => of(each)))
  let found: unknown
  serverOf(transport, { retry: { retries: 0 }, ...options })
    .request({ ...ask, ...request })
    .subscribe({ error: (error: unknown) => (found = error) })
  return found as ServerError
}

/** Runs a marble test and returns the times at which attempts were sent. @units ms */
const timesOf = (
  answers: (helpers: RunHelpers) => readonly Observable<HttpAnswer>[],
  options: Partial<ServerOptions> = {},
  request: Partial<ServerRequest<{ readonly value: number }>> = {},
): { readonly times: readonly number[]; readonly outcomes: readonly unknown[] } => {
  const outcomes: unknown[] = []
  let sent: readonly { readonly at: number }[] = []
  virtually((helpers) => {
    const double = inTurn(answers(helpers))
    sent = double.sent
    outcome(serverOf(double.transport, options).request({ ...ask, ...request })).subscribe((each) =>
      outcomes.push(each),
    )
  })
  return { times: sent.map(({ at }) => at), outcomes }
}

describe('openServer', () => {
  it('sends method, address, body and headers, and decodes the answer', () =>
    virtually(({ cold, expectObservable, flush }) => {
      const { sent, transport } = inTurn([cold('--(a|)', { a: json(5) })])
      const server = serverOf(transport, { url: `${url}/api/`, key: new Secret('k-1') })
      expectObservable(server.request({ ...ask, idempotencyKey: 'once' })).toBe('--(a|)', { a: { value: 5 } })
      flush()
      expect(server.name).toBe(`${url}/api`)
      expect(sent).toMatchObject([
        {
          method: 'POST',
          url: `${url}/api/ask`,
          body: '{"question":1}',
          headers: { authorization: 'Bearer k-1', 'idempotency-key': 'once', 'content-type': 'application/json' },
        },
      ])
    }))

  it('gives the text or the bytes of an answer, and limits its length', () => {
    const { sent, transport } = inTurn([of(answer(200, 'some text'))])
    const found: unknown[] = []
    for (const form of ['text', 'bytes'] as const)
      serverOf(transport)
        .request({ ...ask, codec: t.unknown, form, ...(form === 'bytes' ? { largestAnswer: 2 ** 32 } : {}) })
        .subscribe((each) => found.push(each))
    expect(found).toEqual(['some text', Buffer.from('some text')])
    expect(sent.map(({ largestBody }) => largestBody)).toEqual([2 ** 28, 2 ** 32])
  })

  it('sends nothing before it is subscribed, and cancels the attempt when it is unsubscribed', () =>
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const attempt = cold<HttpAnswer>('-----')
      const { sent, transport } = inTurn([attempt])
      const request$ = serverOf(transport).request(ask)
      expect(sent).toEqual([])
      expectObservable(request$, '-^-!').toBe('')
      expectSubscriptions(attempt.subscriptions).toBe('-^-!')
    }))

  it('refuses an address of another protocol, with a password, or with a query, and repeats no password', () => {
    const problemOf = (bad: string) => {
      const opened = openServer({ url: bad })
      return opened._tag === 'Left' ? opened.left.message : 'opened'
    }
    expect(problemOf('10.0.0.7:8000')).toContain('url: found ')
    expect(problemOf('ftp://h')).toBe('url: found the protocol ftp:, expected an address such as http://10.0.0.7:8000')
    expect(problemOf('http://me:hush@h')).toContain('a user or a password')
    expect(problemOf('http://me:hush@h')).not.toContain('hush')
    expect(problemOf('http://h/?key=hush')).not.toContain('hush')
    expect(() => openServer({ url, timeout: 0 })).toThrow('timeout: found 0, expected a number > 0')
    expect(() => openServer({ url, retry: { retries: -1 } })).toThrow('retry.retries: found -1')
  })
})

describe('close', () => {
  it('fails requests at once: sent, waiting for a retry, and later ones', () =>
    virtually(({ cold, expectObservable }) => {
      const { transport } = inTurn([cold<HttpAnswer>('-'), cold<HttpAnswer>('#', {}, unreachable())])
      const server = serverOf(transport, { retry: { firstWait: 5 } })
      const request$ = outcome(server.request(ask))
      expectObservable(request$).toBe('--(a|)', { a: 'unreachable' })
      expectObservable(request$, '-^').toBe('--(a|)', { a: 'unreachable' })
      expectObservable(request$, '----^').toBe('----(a|)', { a: 'unreachable' })
      asyncScheduler.schedule(() => void server.close(), 2)
    }))
})

describe('errors of an answer', () => {
  const cases: readonly (readonly [string, HttpAnswer, ServerError['problem'], string])[] = [
    [
      '400',
      answer(400, { message: 'no such model' }),
      'refused',
      'the status 400 with "{\\"message\\":\\"no such model\\"}"',
    ],
    ['a redirect', answer(302, ''), 'refused', 'the status 302'],
    ['429', answer(429, ''), 'busy', 'the status 429'],
    ['503', answer(503, ''), 'busy', 'the status 503'],
    ['500', answer(500, 'boom'), 'failed', 'the status 500 with "boom"'],
    ['504', answer(504, ''), 'timed-out', 'the status 504'],
    ['501', answer(501, ''), 'refused', 'the status 501'],
    ['garbage', answer(200, '<html>\u001b[2J\u009b'), 'unreadable', '"<html>\\u001b[2J\\u009b"'],
    ['half of JSON', answer(200, '{"value": 1'), 'unreadable', '11 characters that begin with "{\\"value\\": 1"'],
    ['another form', answer(200, { value: 'x' }), 'unreadable', 'found "x", expected number'],
  ]
  it.each(cases)('%s', (_, found, problem, text) => {
    const error = errorOf([found])
    expect(error).toBeInstanceOf(ServerError)
    expect(error.problem).toBe(problem)
    expect(error.message).toContain(`POST ${url}/ask`)
    expect(error.message).toContain(text)
  })

  it('repeats at most 200 characters, and never the key', () => {
    const key = new Secret('k-123')
    const long = errorOf([answer(500, 'x'.repeat(1000))])
    expect(long.found.length).toBeLessThan(250)
    expect(errorOf([answer(401, 'bad key k-123')], {}, { key }).message).toContain('bad key [secret]')
    expect(errorOf([answer(200, { value: 'k-123' })], {}, { key }).message).toContain('found "[secret]"')
  })
})

describe('time limit', () => {
  it('ends an attempt without a whole answer', () =>
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const attempt = cold<HttpAnswer>('-')
      const server = serverOf(inTurn([attempt]).transport, { timeout: 0.02, retry: { retries: 0 } })
      expectObservable(outcome(server.request(ask))).toBe('20ms (a|)', { a: 'timed-out' })
      expectSubscriptions(attempt.subscriptions).toBe(['^ 19ms !', '^ 4ms !'])
      expectObservable(outcome(server.request({ ...ask, timeout: 0.005 }))).toBe('5ms (a|)', { a: 'timed-out' })
    }))
})

describe('the first requests to a server', () => {
  const attemptsOf = (first: Observable<HttpAnswer>, options: Partial<ServerOptions> = {}) => {
    const { sent, transport } = inTurn([first])
    let found: unknown
    virtually(({ flush }) => {
      forFirstRequests(serverOf(transport, { retry: { firstWait: 0.001 }, ...options }))
        .request(ask)
        .subscribe({ error: (error: unknown) => (found = error) })
      flush()
    })
    return [sent.length, (found as ServerError).problem]
  }

  it('fail at once if the server cannot be reached, does not answer in time, or asks for a long wait', () => {
    expect(attemptsOf(throwError(() => unreachable(true)))).toEqual([1, 'unreachable'])
    expect(attemptsOf(NEVER, { timeout: 0.1 })).toEqual([1, 'timed-out'])
    expect(attemptsOf(of(answer(429, '', { 'retry-after': '31' })))).toEqual([1, 'busy'])
  })

  it('are sent again a few times after other problems', () => {
    expect(attemptsOf(throwError(() => unreachable(false)))).toEqual([3, 'unreachable'])
    expect(attemptsOf(of(answer(503)))).toEqual([3, 'busy'])
    expect(attemptsOf(of(answer(500)))).toEqual([3, 'failed'])
  })
})

describe('retries', () => {
  const retry = { retries: 3, firstWait: 1, longestWait: 10 }

  it('wait twice as long each time, half of it at random, and end with the last error', () => {
    const { times, outcomes } = timesOf(({ cold }) => [cold('#', {}, unreachable())], { retry })
    expect(outcomes).toEqual(['unreachable'])
    expect(times).toHaveLength(4)
    const waits = times.slice(1).map((at, i) => at - times[i]!)
    waits.forEach((wait, i) => {
      expect(wait).toBeGreaterThanOrEqual(500 * 2 ** i)
      expect(wait).toBeLessThan(1000 * 2 ** i)
    })
    expect(new Set(waits.map((wait, i) => wait / 2 ** i)).size).toBe(3)
  })

  it('differ between requests that failed together', () => {
    const times: number[][] = []
    virtually(({ cold }) => {
      const doubles = [0, 1, 2].map(() => inTurn([cold<HttpAnswer>('#', {}, unreachable()), of(json(1))]))
      let next = 0
      const server = serverOf((request) => defer(() => doubles[next++ % 3]!.transport(request)), { retry })
      for (let i = 0; i < 3; i++) server.request(ask).subscribe()
      asyncScheduler.schedule(() => times.push(...doubles.map(({ sent }) => sent.map(({ at }) => at))), 5000)
    })
    expect(new Set(times.map((each) => each[1])).size).toBe(3)
  })

  it('never wait longer than the limit', () => {
    const { times } = timesOf(({ cold }) => [cold('#', {}, unreachable())], {
      retry: { retries: 12, firstWait: 1, longestWait: 4 },
    })
    expect(Math.max(...times.slice(1).map((at, i) => at - times[i]!))).toBeLessThanOrEqual(4000)
  })

  it('end with the first answer', () => {
    const answers = [answer(500), answer(200, '{"val'), answer(429), json(3)].map((each) => of(each))
    expect(timesOf(() => answers, { retry }).outcomes).toEqual([{ value: 3 }])
  })

  it('wait as long as the server asks for, in seconds or until a date, up to the limit', () => {
    const after = (headers: HttpAnswer['headers']) =>
      timesOf(() => [of(answer(429, '', headers)), of(json(1))], { retry }).times[1]
    expect(after({ 'retry-after': '7' })).toBeGreaterThanOrEqual(7000)
    const date = 'Mon, 30 Nov 2026 10:00:00 GMT'
    expect(after({ 'retry-after': 'Mon, 30 Nov 2026 10:00:05 GMT', date })).toBeGreaterThanOrEqual(5000)
    expect(after({ 'retry-after': '600' })).toBeGreaterThanOrEqual(600_000)
    const tooLong = timesOf(() => [of(answer(429, '', { 'retry-after': '601' })), of(json(1))], { retry })
    expect(tooLong).toEqual({ times: [0], outcomes: ['busy'] })
    const shorter = { ...retry, longestRetryAfter: 6 }
    expect(timesOf(() => [of(answer(429, '', { 'retry-after': '7' }))], { retry: shorter }).outcomes).toEqual(['busy'])
  })

  it('do not repeat a refused request', () => {
    expect(timesOf(() => [of(answer(404)), of(json(1))], { retry })).toEqual({ times: [0], outcomes: ['refused'] })
  })

  it('repeat a request that must not run twice only if the server did not process it', () => {
    const once = { isRepeatable: false }
    const sentAgain = (first: (helpers: RunHelpers) => Observable<HttpAnswer>, request: object = once) =>
      timesOf((helpers) => [first(helpers), of(json(1))], { retry }, request).times.length === 2
    expect(sentAgain(() => of(answer(500)))).toBe(false)
    expect(sentAgain(() => of(answer(200, 'garbage')))).toBe(false)
    expect(sentAgain(({ cold }) => cold('#', {}, unreachable()))).toBe(false)
    expect(sentAgain(({ cold }) => cold('#', {}, unreachable(true)))).toBe(true)
    expect(sentAgain(() => of(answer(503)))).toBe(true)
    expect(sentAgain(() => of(answer(500)), { ...once, idempotencyKey: 'k' })).toBe(true)
  })

  it('are limited over all requests of a server; answers give them back', () => {
    const outcomes: unknown[] = []
    virtually(({ cold }) => {
      let up = false
      const { sent, transport } = inTurn([defer(() => (up ? of(json(1)) : cold<HttpAnswer>('#', {}, unreachable())))])
      const server = serverOf(transport, { retry: { ...retry, retries: 100, firstWait: 0, budget: 3 } })
      const attempts = () => {
        const before = sent.length
        outcome(server.request(ask)).subscribe()
        return () => outcomes.push(sent.length - before)
      }
      const first = attempts()
      asyncScheduler.schedule(() => {
        first()
        up = true
        for (let i = 0; i < 11; i++) server.request(ask).subscribe()
        up = false
        const second = attempts()
        asyncScheduler.schedule(second, 100)
      }, 100)
    })
    expect(outcomes).toEqual([4, 2])
  })

  it('do not count an answer that is not ready', () => {
    const pending = Array.from({ length: 20 }, () => of(answer(408)))
    const { outcomes, times } = timesOf(
      () => [...pending, of(json(9))],
      { retry: { retries: 0 } },
      { pendingStatuses: [408] },
    )
    expect(outcomes).toEqual([{ value: 9 }])
    expect(times).toHaveLength(21)
  })
})

describe('a request that a gateway ends before its result is there', () => {
  const poll = { gatewayStatuses: [504, 524] }
  /** The gateway answers with a status after a time, until the server answers. @units seconds */
  const outcomeOf = (status: number, after: number, until: number) => {
    let found: unknown
    virtually(() => {
      const transport = () =>
        defer(() => {
          const left = 1000 * until - asyncScheduler.now()
          return left <= 1000 * after
            ? of(json(1)).pipe(delay(Math.max(0, left)))
            : of(answer(status)).pipe(delay(1000 * after))
        })
      outcome(serverOf(transport, { breaker: {} }).request({ ...ask, ...poll })).subscribe((each) => (found = each))
    })
    return found
  }

  it('is sent again, without a limit and without a suspension', () => {
    expect(outcomeOf(504, 60, 2000)).toEqual({ value: 1 })
    expect(outcomeOf(524, 100, 2000)).toEqual({ value: 1 })
  })

  it('fails if the gateway ends it soon, because the server is down then', () => {
    expect(outcomeOf(504, 1, 2000)).toBe('timed-out')
    expect(outcomeOf(502, 60, 2000)).toBe('failed')
  })

  it('counts neither as an answer nor as a failure', () => {
    virtually(({ expectObservable }) => {
      const late = of(answer(504)).pipe(delay(60_000))
      const { transport } = inTurn([of(answer(500)), late, of(answer(500)), NEVER])
      const server = serverOf(transport, { breaker: { failures: 2 } })
      const once = { ...ask, ...poll, retries: 0 }
      expectObservable(outcome(server.request(once))).toBe('(a|)', { a: 'failed' })
      expectObservable(outcome(server.request(once)), '1s ^').toBe('61s 50ms (a|)', { a: 'failed' })
      expectObservable(outcome(server.request(once)), '62s ^').toBe('62s (a|)', { a: 'suspended' })
    })
  })
})

describe('circuit breaker', () => {
  const breaker = { failures: 3, suspension: 10 }
  /** Sends a request at each of the given seconds; returns the outcomes and the number of requests that were sent. */
  const at = (seconds: readonly number[], isUp: (second: number) => boolean, status = 500) => {
    const outcomes: unknown[] = []
    let count = 0
    virtually(() => {
      const { sent, transport } = inTurn([
        defer(() => of(isUp(asyncScheduler.now() / 1000) ? json(1) : answer(status))),
      ])
      const server = serverOf(transport, { breaker, retry: { retries: 0 } })
      for (const second of seconds)
        asyncScheduler.schedule(() => {
          outcome(server.request(ask)).subscribe((each) => outcomes.push(typeof each === 'string' ? each : 'answered'))
          count = sent.length
        }, 1000 * second)
    })
    return { outcomes, count }
  }

  it('sends nothing for a while after failures in a row, then one request to try', () => {
    const { outcomes, count } = at([0, 1, 2, 3, 11, 12.5, 13, 23, 24], (second) => second > 20)
    expect(outcomes).toEqual([
      ...['failed', 'failed', 'failed'],
      ...['suspended', 'suspended'],
      ...['failed', 'suspended'],
      ...['answered', 'answered'],
    ])
    expect(count).toBe(6)
  })

  it('does not count failures that an answer separates, nor refusals', () => {
    expect(at([0, 1, 2, 3, 4, 5], (second) => second === 2).outcomes).not.toContain('suspended')
    expect(at([0, 1, 2, 3, 4, 5], () => false, 400).outcomes).not.toContain('suspended')
  })

  it('sends one request to try, not all that wait, and lets another try when it is cancelled', () => {
    virtually(({ cold, expectObservable }) => {
      const { sent, transport } = inTurn([
        ...[1, 2, 3].map(() => of(answer(500))),
        cold<HttpAnswer>('-'),
        cold('--(a|)', { a: json(1) }),
      ])
      const server = serverOf(transport, { breaker, retry: { retries: 0 } })
      const request$ = outcome(server.request(ask))
      for (let i = 0; i < 3; i++) request$.subscribe()
      expectObservable(request$, '11s ^----!').toBe('')
      expectObservable(request$, '11s --^').toBe('11s --(a|)', { a: 'suspended' })
      expectObservable(request$, '11s ------^').toBe('11s --------(a|)', { a: { value: 1 } })
      asyncScheduler.schedule(() => expect(sent).toHaveLength(5), 12000)
    })
  })

  it('tells a retry when the next request is sent', () => {
    const { outcomes, times } = timesOf(() => [...[1, 2, 3].map(() => of(answer(500))), of(json(4))], {
      breaker,
      retry: { retries: 9, firstWait: 0.1, longestWait: 20 },
    })
    expect(outcomes).toEqual([{ value: 4 }])
    expect(times).toHaveLength(4)
    expect(times[3]! - times[2]!).toBeGreaterThanOrEqual(10_000)
  })
})

describe('a server that is away for a while', () => {
  const short: ServerRequest<unknown> = { ...ask, method: 'GET', path: '/short', retries: 0, timeout: 10 }
  /** Requests are open when the server goes away, after 0.3 s. It answers `/ask` late. */
  const outcomesOf = (count: number, away: number, request: Partial<typeof ask> = { trial: short }) => {
    const outcomes: unknown[] = []
    const sent: string[] = []
    let last = 0
    virtually(() => {
      const transport = ({ url: address }: HttpRequest) =>
        defer(() => {
          sent.push(address.slice(url.length))
          const now = asyncScheduler.now() / 1000
          if (now < 0.3) return timer(1000 * (0.3 - now)).pipe(switchMap(() => throwError(() => unreachable(false))))
          if (now < 0.3 + away) return throwError(() => unreachable(true))
          return of(json(1)).pipe(delay(address.endsWith('/short') ? 20 : 150_000))
        })
      const server = serverOf(transport, { breaker: {} })
      for (let i = 0; i < count; i++)
        outcome(server.request({ ...ask, ...request })).subscribe((each) => {
          outcomes.push(typeof each === 'string' ? each : 'answered')
          last = asyncScheduler.now() / 1000
        })
    })
    return { outcomes, sent, last }
  }
  const allAnswered = (count: number) => Array.from({ length: count }, () => 'answered')

  it('gets all requests that are answered late, once a short request was answered', () => {
    const { outcomes, sent, last } = outcomesOf(8, 2)
    expect(outcomes).toEqual(allAnswered(8))
    expect(sent.filter((path) => path === '/short')).toHaveLength(1)
    expect(last).toBeLessThan(165)
  })

  it('gets all requests of many, because those that are not sent use up no retries', () => {
    expect(outcomesOf(256, 40).outcomes).toEqual(allAnswered(256))
  })

  it('gets them without a short request if they are answered soon', () => {
    expect(outcomesOf(256, 40, { path: '/short' }).outcomes).toEqual(allAnswered(256))
  })

  it('is waited for as long as the patience lasts', () => {
    const { outcomes, sent, last } = outcomesOf(20, 1000)
    expect(new Set(outcomes)).toEqual(new Set(['suspended']))
    expect(sent.filter((path) => path === '/ask')).toHaveLength(20)
    expect(last).toBeGreaterThan(170)
    expect(last).toBeLessThan(190)
  })

  it('fails requests without retries at once', () => {
    virtually(({ expectObservable }) => {
      const { transport } = inTurn([of(answer(500))])
      const server = serverOf(transport, { breaker: { failures: 1 } })
      server.request({ ...ask, retries: 0 }).subscribe({ error: () => undefined })
      expectObservable(outcome(server.request({ ...ask, retries: 0 }))).toBe('(a|)', { a: 'suspended' })
      expectObservable(outcome(forFirstRequests(server).request(ask))).toBe('(a|)', { a: 'suspended' })
    })
  })
})

describe('a short request in place of one that is answered late', () => {
  const short: ServerRequest<unknown> = { ...ask, path: '/short' }
  const request = { ...ask, trial: short, retries: 0 }
  /** Sends the request 11 s after a failure, when `/short` has the given answer. Returns paths and outcome. */
  const after = (tried: Observable<HttpAnswer>) => {
    const paths: string[] = []
    const outcomes: unknown[] = []
    virtually(() => {
      const { sent, transport } = inTurn([of(answer(500)), tried, of(json(1))])
      const server = serverOf(transport, { breaker: { failures: 1, suspension: 10 } })
      server.request(request).subscribe({ error: () => undefined })
      asyncScheduler.schedule(() => {
        outcome(server.request(request)).subscribe((each) => outcomes.push(each))
        paths.push(...sent.slice(1).map((each) => each.url.slice(url.length)))
      }, 11_000)
    })
    return [paths, outcomes]
  }

  it('tries the server', () => {
    expect(after(of(json(0)))).toEqual([['/short', '/ask'], [{ value: 1 }]])
  })

  it('ends the suspension with every answer that shows that the server is up', () => {
    expect(after(of(answer(404)))).toEqual([['/short', '/ask'], [{ value: 1 }]])
  })

  it('begins the next suspension if it fails, and the other request is not sent', () => {
    expect(after(of(answer(500)))).toEqual([['/short'], ['suspended']])
    expect(after(throwError(() => unreachable(false)))).toEqual([['/short'], ['suspended']])
  })
})
