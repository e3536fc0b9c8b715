import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import type * as t from 'io-ts'
import {
  defer,
  filter,
  map,
  merge,
  type Observable,
  repeat,
  ReplaySubject,
  take,
  tap,
  throwError,
  timeout,
  timer,
} from 'rxjs'
import { checkOptions, integerFrom, nonNegative, positive } from '../../option.js'
import { uniformOfText } from '../../random/uniform.js'
import type { Clock } from '../../timing/clock.js'
import { readAnswer } from './answer.js'
import { type BreakerOptions, createBreaker } from './breaker.js'
import { createProxyAgent } from './proxy-agent.js'
import { createRetryBudget, type RetryOptions, retryWithBackOff } from './retry.js'
import type { Secret } from './secret.js'
import { ServerError } from './server-error.js'
import { SettingError } from './setting-error.js'
import { type HttpRequest, type Transport, transportThrough } from './transport.js'

/** Request to a server, and the form of its answer. */
export interface ServerRequest<A> {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Path below the address of the server, with a slash at its start. */
  readonly path: string
  /** Body, which is sent as JSON. Absent for a request without a body. A function makes a body for each attempt. */
  readonly body?: unknown
  /** Decoder of the answer. */
  readonly codec: t.Decoder<unknown, A>
  /** Form of the body of the answer: the decoder gets the parsed JSON, the text, or the bytes (`Uint8Array`) as they are [json]. */
  readonly form?: 'json' | 'text' | 'bytes'
  /** Maximum length of the body of the answer [268435456]. @units bytes */
  readonly largestAnswer?: number
  /** Maximum time of one attempt, from the connection to the last byte [timeout of the server]. @units seconds */
  readonly timeout?: number
  /** Maximum number of times that the request is sent again [retries of the server]. */
  readonly retries?: number
  /**
   * False if the request fails at once when there is no connection, no answer in time, a suspension, or a wait that the server asks for
   * and that is longer than `longestWait` [true].
   */
  readonly isPatient?: boolean
  /** True if the server may process the request twice. Otherwise it is sent again only if the server did not process it. */
  readonly isRepeatable: boolean
  /** Key by which the server recognises a request that it has processed. It is sent as `Idempotency-Key`, and makes the request repeatable. */
  readonly idempotencyKey?: string
  /**
   * Statuses that say that the result is not ready yet. The request is sent again at once, which counts as no retry and as no
   * failure, until another status comes.
   */
  readonly pendingStatuses?: readonly number[]
  /**
   * Statuses by which a gateway ends a request whose result it has waited for. The request is sent again, which counts as no retry, no
   * failure and no answer, if the gateway waited for at least 10 s.
   */
  readonly gatewayStatuses?: readonly number[]
  /**
   * Short request that tries the server after a suspension, before this request is sent. Without it this request tries the server, and
   * all others wait for its answer.
   */
  readonly trial?: ServerRequest<unknown>
}

/** Connection to a server that samples or trains. */
export interface Server {
  /** Address without a key, for messages. */
  readonly name: string
  /**
   * Sends one request when it is subscribed, and emits the decoded answer. Unsubscribing closes the connection. Temporary problems
   * are retried.
   *
   * @errors ServerError
   */
  readonly request: <A>(request: ServerRequest<A>) => Observable<A>
  /** Ends all connections. Requests that have no answer yet, and later ones, fail. */
  readonly close: () => Promise<void>
}

/** Options of {@link openServer}. */
export interface ServerOptions {
  /** Address, such as http://10.0.0.7:8000. Paths of requests are appended to it. */
  readonly url: string
  /** Key of the server; absent for a server without one. */
  readonly key?: Secret
  /** Header that carries the key: `authorization` as a bearer token, or `x-api-key` [authorization]. */
  readonly keyHeader?: 'authorization' | 'x-api-key'
  /** Maximum time of one attempt of a request [600]. @units seconds */
  readonly timeout?: number
  /** Limits of retries. */
  readonly retry?: RetryOptions
  /** Limits of the circuit breaker. */
  readonly breaker?: BreakerOptions
  /** Clock of the circuit breaker, and of the time until a gateway ends a request. @units seconds */
  readonly clock?: Clock
  /** Sends requests in place of the network. A {@link Server} does not close it. */
  readonly transport?: Transport
}

/** Maximum number of retries of the first requests to a server. */
const FIRST_RETRIES = 2

/**
 * Returns the connection for the first requests to a server: a server that cannot be reached fails at once, because its address may be
 * wrong, and other problems fail after a few retries.
 */
export const forFirstRequests = (server: Server): Server => ({
  ...server,
  request: (request) => server.request({ ...request, retries: FIRST_RETRIES, isPatient: false }),
})

/** Returns the connection whose requests may be answered late: a short request tries the server after a suspension. */
export const withTrial = (server: Server, trial: ServerRequest<unknown>): Server => ({
  ...server,
  request: (request) => server.request({ trial, ...request }),
})

const retryDefaults: Required<RetryOptions> = {
  retries: 8,
  firstWait: 0.5,
  longestWait: 30,
  longestRetryAfter: 600,
  patience: 180,
  budget: 500,
}

/** Maximum length of the body of an answer that is no file. @units bytes */
const LARGEST_ANSWER = 2 ** 28

/** Pause between two requests for a result that is not ready. @units seconds */
const PAUSE = 0.05

/** Shortest time limit of a gateway. An earlier end means that the gateway reaches no server. @units seconds */
const GATEWAY_LIMIT = 10

/**
 * Opens a connection to a server. No request is sent yet.
 *
 * Requests go through the proxies of `HTTPS_PROXY` and `HTTP_PROXY`, except to the hosts in `NO_PROXY` and to this machine.
 *
 * @errors SettingError for an address that is not of http or https, or that has a password in it, and for a proxy that is no
 *         address; throws RangeError for an impossible limit
 * @example
 * const server = rightOrThrow(openServer({ url: 'http://10.0.0.7:8000', timeout: 120 }))
 * server.request({ method: 'GET', path: '/version', codec: VersionCodec, isRepeatable: true }).subscribe(console.log)
 */
export const openServer = (options: ServerOptions): E.Either<SettingError, Server> => {
  checkLimits(options)
  return pipe(
    addressOf(options.url),
    E.chain((address) =>
      options.transport === undefined
        ? pipe(
            createProxyAgent(),
            E.map((agent) => connect(address, options, transportThrough(agent), () => agent.destroy())),
          )
        : E.right(connect(address, options, options.transport, () => Promise.resolve())),
    ),
  )
}

const checkLimits = ({ timeout, retry = {}, breaker = {} }: ServerOptions): void => {
  checkOptions({ timeout }, { timeout: positive })
  checkOptions(
    retry,
    {
      retries: integerFrom(0),
      firstWait: nonNegative,
      longestWait: nonNegative,
      longestRetryAfter: nonNegative,
      patience: nonNegative,
      budget: nonNegative,
    },
    'retry.',
  )
  checkOptions(breaker, { failures: integerFrom(1), suspension: nonNegative }, 'breaker.')
}

/** Checks an address and removes the slash at its end. The error repeats no password. */
const addressOf = (url: string): E.Either<SettingError, string> => {
  const expected = 'an address such as http://10.0.0.7:8000'
  if (!URL.canParse(url)) return E.left(new SettingError('url', JSON.stringify(url), expected))
  const { protocol, username, password, origin, pathname, search, hash } = new URL(url)
  if (!/^https?:$/.test(protocol)) return E.left(new SettingError('url', `the protocol ${protocol}`, expected))
  if (username !== '' || password !== '')
    return E.left(
      new SettingError('url', `an address of ${origin} with a user or a password`, 'the key from a variable or a file'),
    )
  if (search !== '' || hash !== '')
    return E.left(new SettingError('url', `an address of ${origin} with a query`, `${expected}, without a query`))
  return E.right(origin + pathname.replace(/\/+$/, ''))
}

const connect = (address: string, options: ServerOptions, transport: Transport, close: () => Promise<void>): Server => {
  const { key, timeout: limit = 600, retry = {}, clock = () => performance.now() / 1000 } = options
  const retries: Required<RetryOptions> = { ...retryDefaults, ...retry }
  const budget = createRetryBudget(retries.budget)
  const breaker = createBreaker(options.breaker ?? {}, clock)
  const closed$ = new ReplaySubject<never>(1)
  let requests = 0
  const placeOf = ({ method, path }: ServerRequest<unknown>) => `${method} ${address}${path}`
  const attempt = <A>(request: ServerRequest<A>): Observable<O.Option<A>> => {
    const place = placeOf(request)
    const seconds = request.timeout ?? limit
    return defer(() => {
      const start = clock()
      return transport(toHttp(address, request, options)).pipe(
        timeout({ first: 1000 * seconds, with: () => throwError(() => timedOut(place, seconds)) }),
        filter(({ status }) => !(request.gatewayStatuses?.includes(status) && clock() - start >= GATEWAY_LIMIT)),
        map((answer) => readAnswer(request, answer, { place, key })),
      )
    })
  }
  return {
    name: address,
    request: <A>(request: ServerRequest<A>) =>
      defer(() => {
        const number = requests++
        const answered$ = attempt(request).pipe(
          breaker.guard(placeOf(request), request.trial === undefined ? null : attempt(request.trial)),
          repeat({ delay: () => timer(1000 * PAUSE) }),
          filter(O.isSome),
          take(1),
          map(({ value }) => value),
          tap(budget.giveBack),
          retryWithBackOff({
            options: { ...retries, retries: request.retries ?? retries.retries },
            budget,
            isRepeatable: request.isRepeatable || request.idempotencyKey !== undefined,
            isPatient: request.isPatient ?? true,
            // The process is part of the key, so that two runs on one server do not wait equally long.
            jitter: (attempt) => uniformOfText(address, process.pid, number, attempt),
          }),
        )
        // A closed connection ends waits for a retry, too.
        return merge(closed$, answered$).pipe(take(1))
      }),
    close: () => {
      closed$.error(new ServerError('unreachable', address, 'a connection that was closed', 'one that is open'))
      return close()
    },
  }
}

const toHttp = <A>(
  address: string,
  { method, path, body, idempotencyKey, largestAnswer = LARGEST_ANSWER }: ServerRequest<A>,
  { key, keyHeader = 'authorization' }: ServerOptions,
): HttpRequest => ({
  method,
  url: address + path,
  headers: {
    accept: 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(key === undefined
      ? {}
      : { [keyHeader]: keyHeader === 'authorization' ? `Bearer ${key.reveal()}` : key.reveal() }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  },
  body: body === undefined ? null : JSON.stringify(typeof body === 'function' ? (body as () => unknown)() : body),
  largestBody: largestAnswer,
})

const timedOut = (place: string, seconds: number): ServerError =>
  new ServerError(
    'timed-out',
    place,
    `no whole answer for ${seconds} s`,
    'an answer within the time limit; raise it if the work needs longer',
  )
