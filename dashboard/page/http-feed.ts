import * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import { BehaviorSubject, map, Observable, retry, timer } from 'rxjs'
import { StepRolloutsCodec } from '../../lib/run/step-rollouts.js'
import { describeErrors } from '../../lib/codec/describe-errors.js'
import { FeedEventCodec } from '../feed-event-codec.js'
import type { Feed } from '../feed.js'

/** `lost`: nobody answers. `refused`: somebody does, and says why this page is not let in. */
export type Connection = 'opening' | 'open' | 'lost' | { readonly refused: string }

/** The feed of a server. It tries to come back for as long as somebody listens. */
export interface HttpFeed extends Feed {
  readonly connection$: Observable<Connection>
}

const RETRY_AFTER_MS = 3000

/** @errors in `events$`: a message that is no feed event. Everything else is a matter of the connection, and passes. */
export const httpFeed = (origin: string, token: string): HttpFeed => {
  const connection$ = new BehaviorSubject<Connection>('opening')
  const authorization = `Bearer ${token}`
  return {
    connection$,
    events$: messages(`${origin}/api/feed?token=${encodeURIComponent(token)}`, connection$).pipe(
      retry({ delay: () => timer(RETRY_AFTER_MS) }),
      map((text) => decoded('feed', FeedEventCodec, text)),
    ),
    rollouts: async (run, step) => {
      const response = await fetch(`${origin}/api/runs/${run}/rollouts/${step}`, { headers: { authorization } })
      if (response.status === 404) return null
      const text = await response.text()
      if (!response.ok) throw new Error(trouble(response.status, text))
      return decoded(`rollouts of step ${step}`, StepRolloutsCodec, text)
    },
    command: async (run, command) => {
      const response = await fetch(`${origin}/api/runs/${run}/commands`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(command),
      })
      if (!response.ok) throw new Error(trouble(response.status, await response.text()))
    },
  }
}

/** Server-sent events. A browser opens the connection again where it broke, but not where it was answered with an error. */
const messages = (address: string, connection$: BehaviorSubject<Connection>): Observable<string> =>
  new Observable((subscriber) => {
    const source = new EventSource(address)
    source.onopen = () => connection$.next('open')
    source.onmessage = ({ data }: MessageEvent<string>) => subscriber.next(data)
    const left = new AbortController()
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) {
        connection$.next('lost')
        return
      }
      void refusal(address, left.signal).then((why) => {
        if (subscriber.closed) return
        connection$.next(why)
        subscriber.error(new Error('refused'))
      })
    }
    return () => {
      source.close()
      left.abort()
    }
  })

/** Why an address was refused: a browser does not tell, and who asks once more is told. */
const refusal = async (address: string, signal: AbortSignal): Promise<Connection> => {
  try {
    const response = await fetch(address, { signal })
    if (!response.ok) return { refused: trouble(response.status, await response.text()) }
    await response.body?.cancel()
  } catch {
    // Nobody answers any more.
  }
  return 'lost'
}

/** @errors Error that says what is wrong, and where in the message */
const decoded = <A>(name: string, codec: t.Decoder<unknown, A>, text: string): A => {
  const value = codec.decode(JSON.parse(text))
  if (E.isRight(value)) return value.right
  throw new Error(`${name}: ${describeErrors(value.left)[0]!}`)
}

/** Servers say what was wrong as `{ "error": words }`. */
const trouble = (status: number, text: string): string => {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown }
    if (typeof error === 'string') return error
  } catch {
    // Whoever answered was no dashboard.
  }
  return `the server answered with ${status}`
}
