import * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import { BehaviorSubject, map, Observable, retry, tap, timer } from 'rxjs'
import { stepNumber } from '../../lib/report/step-number.js'
import { type StepRollouts, StepRolloutsCodec } from '../../lib/run/step-rollouts.js'
import { firstMismatch, placeIn } from '../../lib/codec/describe-errors.js'
import { FeedEventCodec } from '../feed-event-codec.js'
import type { Feed, FeedEvent } from '../feed.js'

/**
 * State of the connection. `lost`: no server answers. `refused`: a server rejects this page now, with its reason. `denied`: a
 * server does not accept the access token, with its reason; the feed does not connect again.
 */
export type Connection = 'opening' | 'open' | 'lost' | { readonly refused: string } | { readonly denied: string }

/** Feed of a server. It connects again after a loss until it is unsubscribed. It ends if the server denies access. */
export interface HttpFeed extends Feed {
  readonly connection$: Observable<Connection>
}

const RETRY_AFTER_MS = 3000

/** Creates the feed of a server. @errors in `events$`: a message that is no feed event; a lost connection is no error */
export const createHttpFeed = (origin: string, token: string): HttpFeed => {
  const connection$ = new BehaviorSubject<Connection>('opening')
  const authorization = `Bearer ${token}`
  const sent = new Map<string, StepRollouts>()
  const keepRollouts = (event: FeedEvent): void => {
    if (event.event === 'runs') sent.clear()
    if (event.event === 'rollouts') sent.set(keyOf(event.run, event.rollouts.step), event.rollouts)
  }
  return {
    connection$,
    events$: messages(`${origin}/api/feed?token=${encodeURIComponent(token)}`, connection$).pipe(
      retry({ delay: () => timer(RETRY_AFTER_MS) }),
      map((text) => decoded('feed', FeedEventCodec, text)),
      tap(keepRollouts),
    ),
    rollouts: async (run, step) => {
      const final = sent.get(keyOf(run, step))
      if (final !== undefined) return final
      const response = await answerOf(`${origin}/api/runs/${run}/rollouts/${step}`, { headers: { authorization } })
      if (response.status === 404) return null
      const text = await response.text()
      if (!response.ok) throw new Error(reasonOf(response.status, text))
      return decoded(`rollouts of step ${stepNumber(step)}`, StepRolloutsCodec, text)
    },
    command: async (run, command) => {
      const response = await answerOf(`${origin}/api/runs/${run}/commands`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(command),
      })
      if (!response.ok) throw new Error(reasonOf(response.status, await response.text()))
    },
  }
}

const keyOf = (run: number, step: number): string => `${run} ${step}`

/** Texts of server-sent events. A browser reconnects after a broken connection by itself, but not after an error response. */
const messages = (address: string, connection$: BehaviorSubject<Connection>): Observable<string> =>
  new Observable((subscriber) => {
    const source = new EventSource(address)
    source.onopen = () => connection$.next('open')
    source.onmessage = ({ data }: MessageEvent<string>) => subscriber.next(data)
    const unsubscribed = new AbortController()
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) {
        connection$.next('lost')
        return
      }
      void refusal(address, unsubscribed.signal).then((connection) => {
        if (subscriber.closed) return
        connection$.next(connection)
        if (isDenied(connection)) subscriber.complete()
        else subscriber.error(new Error('refused'))
      })
    }
    return () => {
      source.close()
      unsubscribed.abort()
    }
  })

/** Statuses of a server that knows no such token: another try with it has the same answer. */
const DENIALS: readonly number[] = [401, 403]

const isDenied = (connection: Connection): boolean => typeof connection === 'object' && 'denied' in connection

/** @errors Error in words of this page; that of a browser names no cause */
const answerOf = async (address: string, init: RequestInit): Promise<Response> => {
  try {
    return await fetch(address, init)
  } catch (cause) {
    throw new Error('the server does not answer', { cause })
  }
}

/** Requests an address again to learn why it was refused, because an EventSource does not report the reason. */
const refusal = async (address: string, signal: AbortSignal): Promise<Connection> => {
  try {
    const response = await fetch(address, { signal })
    if (DENIALS.includes(response.status)) return { denied: reasonOf(response.status, await response.text()) }
    if (!response.ok) return { refused: reasonOf(response.status, await response.text()) }
    await response.body?.cancel()
  } catch {
    // No server answers.
  }
  return 'lost'
}

/** @errors Error that says what is wrong, and where in the message */
const decoded = <A>(name: string, codec: t.Decoder<unknown, A>, text: string): A => {
  const value = codec.decode(JSON.parse(text))
  if (E.isRight(value)) return value.right
  const { path, message } = firstMismatch(value.left)
  throw new Error(`${placeIn(name, path)}: ${message}`)
}

/** Returns the reason of an error response, which a dashboard sends as `{ "error": reason }`. */
const reasonOf = (status: number, text: string): string => {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown }
    if (typeof error === 'string') return error
  } catch {
    // The response is not from a dashboard.
  }
  return `the server answered with ${status}`
}
