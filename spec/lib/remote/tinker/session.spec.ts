import * as t from 'io-ts'
import { defer, delay, firstValueFrom, NEVER, of, switchMap, throwError, timer } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { rightOrThrow } from '#lib/or-throw.js'
import { ServerError } from '#lib/remote/http/server-error.js'
import { openServer, type Server, type ServerRequest } from '#lib/remote/http/server.js'
import type { HttpRequest } from '#lib/remote/http/transport.js'
import { openSession } from '#lib/remote/tinker/session.js'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** Server that answers by route; a heartbeat fails the first time. */
const fakeServer = (answers: Readonly<Record<string, () => unknown>>) => {
  const requests: string[] = []
  const server: Server = {
    name: 'http://fake',
    request: <A>({ path, codec }: ServerRequest<A>) =>
      defer(() => {
        const route = path.replace('/api/v1/', '')
        requests.push(route)
        const answer = answers[route]!()
        if (answer instanceof Error) return throwError(() => answer)
        if (answer === undefined) return NEVER
        const decoded = codec.decode(answer)
        return decoded._tag === 'Right' ? of(decoded.right) : throwError(() => new Error('decoding'))
      }),
    close: () => Promise.resolve(),
  }
  return { server, requests }
}

const opening = {
  get_server_capabilities: () => ({
    supported_models: [{ model_name: 'a' }, { model_name: null }, { model_name: 'b' }],
  }),
  create_session: () => ({ session_id: 's' }),
}

describe('a session', () => {
  it('is kept alive by heartbeats, also after one that fails, until it is closed', async () => {
    let beats = 0
    const lost = new ServerError('failed', 'here', '500', 'an answer')
    const { server, requests } = fakeServer({ ...opening, session_heartbeat: () => (beats++ === 0 ? lost : {}) })
    const session = await openSession(server, 'b')
    await vi.advanceTimersByTimeAsync(35_000)
    expect(requests.filter((route) => route === 'session_heartbeat')).toHaveLength(3)
    session.close()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(beats).toBe(3)
  })

  it('sends no heartbeat while one is not answered', async () => {
    let beats = 0
    const { server } = fakeServer({
      ...opening,
      session_heartbeat: () => {
        beats++
      },
    })
    const session = await openSession(server, 'a')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(beats).toBe(1)
    session.close()
  })

  it('asks for a result until it is there', async () => {
    const results = [
      { type: 'try_again', request_id: '1', queue_state: 'active' },
      { type: 'try_again' },
      { answer: 42 },
    ]
    const { server, requests } = fakeServer({
      ...opening,
      optim_step: () => ({ request_id: '1' }),
      retrieve_future: () => results.shift(),
    })
    const session = await openSession(server, 'a')
    const result = firstValueFrom(
      session.work({ route: 'optim_step', body: {}, codec: t.type({ answer: t.number }), isRepeatable: false }),
    )
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await result).toEqual({ answer: 42 })
    expect(requests.filter((route) => route === 'retrieve_future')).toHaveLength(3)
    session.close()
  })

  it('fails for a result that is pending for too long', async () => {
    const { server } = fakeServer({
      ...opening,
      optim_step: () => ({ request_id: '1' }),
      retrieve_future: () => undefined,
    })
    const session = await openSession(server, 'a')
    const work$ = session.work({ route: 'optim_step', body: {}, codec: t.UnknownRecord, isRepeatable: false })
    const result = Promise.allSettled([firstValueFrom(work$)])
    await vi.advanceTimersByTimeAsync(3_590_000)
    let isSettled = false
    void result.then(() => (isSettled = true))
    await vi.advanceTimersByTimeAsync(0)
    expect(isSettled).toBe(false)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(await result).toMatchObject([
      {
        reason: { problem: 'unfit', place: 'http://fake: optim_step', found: 'no result of the request 1 for 3600 s' },
      },
    ])
    session.close()
  })

  it('fails with the words of the service for work that failed', async () => {
    const { server } = fakeServer({
      ...opening,
      optim_step: () => ({ request_id: '1' }),
      retrieve_future: () => ({ error: 'out of memory', category: 'server' }),
    })
    const session = await openSession(server, 'a')
    const work$ = session.work({ route: 'optim_step', body: {}, codec: t.UnknownRecord, isRepeatable: false })
    await expect(firstValueFrom(work$)).rejects.toMatchObject({ problem: 'refused', found: 'out of memory' })
    session.close()
  })

  it('is refused for a model that the service does not have', async () => {
    const { server } = fakeServer(opening)
    await expect(openSession(server, 'c')).rejects.toMatchObject({
      problem: 'unfit',
      found: '"c"',
      expected: 'one of the models of the service: a, b',
    })
  })
})

it('a session waits through a gateway that ends a request for a result after a minute', async () => {
  const start = performance.now()
  const answerOf = (route: string) => {
    if (route === 'get_server_capabilities') return { supported_models: [{ model_name: 'a' }] }
    return { session_id: 's', request_id: '1', answer: 42 }
  }
  const transport = ({ url }: HttpRequest) =>
    defer(() => {
      const route = url.slice(url.lastIndexOf('/') + 1)
      const isReady = performance.now() - start > 900_000
      const answer = { status: 200, headers: {}, body: Buffer.from(JSON.stringify(answerOf(route))) }
      return route === 'retrieve_future' && !isReady ? of({ ...answer, status: 504 }).pipe(delay(60_000)) : of(answer)
    })
  const server = rightOrThrow(openServer({ url: 'http://fake', transport }))
  const session = await openSession(server, 'a')
  const result = firstValueFrom(
    session.work({ route: 'asample', body: {}, codec: t.type({ answer: t.number }), isRepeatable: true }),
  )
  await vi.advanceTimersByTimeAsync(1_000_000)
  expect(await result).toMatchObject({ answer: 42 })
  session.close()
  await server.close()
})

it('an archive of adapters may be as long as one that can be unpacked', async () => {
  const limits: unknown[] = []
  const { server } = fakeServer(opening)
  const session = await openSession(
    {
      ...server,
      request: (request) => {
        limits.push(request.largestAnswer)
        return server.request(request)
      },
    },
    'a',
  )
  session.download('model', 'weights')
  expect(limits.at(-1)).toBe(2 ** 32)
  session.close()
})

/** Service with an answer for each route. Requests for results that are open after 5 s are cut, and it is away for 2 s. */
const serviceWithOutage = () => {
  const polls = { sent: 0 }
  const start = performance.now()
  const cut = (isUnsent: boolean) => () => new ServerError('unreachable', 'here', 'cut', 'an answer', { isUnsent })
  const answers: Readonly<Record<string, object>> = {
    get_server_capabilities: { supported_models: [{ model_name: 'a' }] },
    create_session: { session_id: 's' },
    session_heartbeat: {},
    asample: { request_id: '1' },
    retrieve_future: { answer: 42 },
  }
  const transport = ({ url }: HttpRequest) =>
    defer(() => {
      const route = url.slice(url.lastIndexOf('/') + 1)
      const isPoll = route === 'retrieve_future'
      if (isPoll) polls.sent++
      const now = performance.now() - start
      if (now > 5000 && now < 7000) return throwError(cut(true))
      if (isPoll && now < 5000) return timer(5000 - now).pipe(switchMap(() => throwError(cut(false))))
      const answer = { status: 200, headers: {}, body: Buffer.from(JSON.stringify(answers[route])) }
      return isPoll ? of(answer).pipe(delay(150_000)) : of(answer)
    })
  return { server: rightOrThrow(openServer({ url: 'http://fake', transport })), polls }
}

it('a service that was away gives all results, though each of them is answered late', async () => {
  const { server, polls } = serviceWithOutage()
  const session = await openSession(server, 'a')
  const results = Promise.allSettled(
    Array.from({ length: 8 }, () =>
      firstValueFrom(
        session.work({ route: 'asample', body: {}, codec: t.type({ answer: t.number }), isRepeatable: true }),
      ),
    ),
  )
  await vi.advanceTimersByTimeAsync(400_000)
  expect(await results).toEqual(Array.from({ length: 8 }, () => ({ status: 'fulfilled', value: { answer: 42 } })))
  expect(polls.sent).toBe(16)
  session.close()
  await server.close()
})
