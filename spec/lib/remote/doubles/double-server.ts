import type { IncomingMessage, ServerResponse } from 'node:http'
import { firstValueFrom, Subject } from 'rxjs'
import { localServers } from '../http/local-servers.js'

/** Request that a double received. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}

/** Answer of a double: a status with JSON, or with a text. */
export type Reply = { readonly status?: number } & ({ readonly json: unknown } | { readonly text: string })

/** Double of a server, with switches for specs. */
export interface DoubleServer {
  readonly url: string
  /** All requests, in order. */
  readonly received: Received[]
  /** Number of requests whose connection was closed before their answer. */
  readonly cancelled: () => number
  /** Holds the answers to matching requests until the returned function is called. */
  readonly hold: (matches: (request: Received) => boolean) => () => void
}

/**
 * Creates servers that answer by a function, once the holds of a request are released. The function gets the other requests that the
 * server works on.
 */
export const doubleServers = () => {
  const { listening } = localServers()
  return async (answer: (request: Received, others: readonly Received[]) => Reply): Promise<DoubleServer> => {
    const received: Received[] = []
    const holds: { readonly matches: (request: Received) => boolean; readonly released: Promise<void> }[] = []
    const active = new Set<Received>()
    let cancelled = 0
    const serve = async (message: IncomingMessage, response: ServerResponse) => {
      const body = await bodyOf(message)
      const request = { method: message.method ?? '', path: message.url ?? '', body }
      received.push(request)
      active.add(request)
      response.on('close', () => {
        active.delete(request)
        if (!response.writableFinished) cancelled++
      })
      await Promise.all(holds.filter(({ matches }) => matches(request)).map(({ released }) => released))
      send(
        response,
        answer(
          request,
          [...active].filter((each) => each !== request),
        ),
      )
    }
    const { url } = await listening((message, response) => {
      serve(message, response).catch((error: unknown) => send(response, { status: 500, text: String(error) }))
    })
    return {
      url,
      received,
      cancelled: () => cancelled,
      hold: (matches) => {
        const released = new Subject<void>()
        holds.push({ matches, released: firstValueFrom(released) })
        return () => released.next()
      },
    }
  }
}

const bodyOf = async (message: IncomingMessage): Promise<Readonly<Record<string, unknown>>> => {
  let text = ''
  for await (const chunk of message) text += String(chunk)
  return text === '' ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>)
}

const send = (response: ServerResponse, reply: Reply): void => {
  const text = 'json' in reply ? JSON.stringify(reply.json) : reply.text
  response.writeHead(reply.status ?? 200, { 'content-length': Buffer.byteLength(text) }).end(text)
}
