import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type Dispatcher, fetch, type Response } from 'undici'
import { createProxyAgent } from '../../remote/http/proxy-agent.js'
import { once } from '../../resource.js'
import { limits } from '../limits.js'
import { HubError } from './hub-error.js'
import { toHubError } from './response-error.js'
import type { Repository } from './repository.js'

/** Returns the agent of all downloads. It keeps connections open, but does not keep the process alive. */
const sharedAgent = once((): Dispatcher =>
  pipe(
    createProxyAgent(),
    E.getOrElseW(({ place, found, expected }): never => {
      throw new HubError('unusable', place, found, expected)
    }),
  ),
)

/**
 * Sends a GET request for a repository, through the proxy of the environment if there is one. The access token is sent to the hub
 * only, not to servers that it redirects to.
 *
 * @errors rejects with HubError, or with an AbortError if `signal` is aborted
 */
export const request = async (
  repository: Repository,
  url: string,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> => {
  const { endpoint, token } = repository.hub
  const isSigned = token !== null && new URL(url).origin === new URL(endpoint).origin
  // Byte ranges and byte counts need an uncompressed response.
  const allHeaders = {
    'accept-encoding': 'identity',
    ...headers,
    ...(isSigned ? { authorization: `Bearer ${token}` } : {}),
  }
  const response = await fetch(url, { signal, headers: allHeaders, dispatcher: sharedAgent() }).catch(
    (cause: unknown) => {
      throw signal.aborted ? cause : unreachableError(url, cause)
    },
  )
  if (response.ok) return response
  await response.body?.cancel()
  throw toHubError(repository, response)
}

/** Iterates the bytes of a response as they arrive. @errors throws HubError if the connection is cut */
export async function* bytesOf(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of response.body ?? []) yield bytes
  } catch (cause) {
    throw signal.aborted ? cause : connectionCut(response.url, cause)
  }
}

/** Reads a whole response of at most `limit` bytes as JSON. @errors rejects with HubError */
export const jsonOf = async (
  response: Response,
  signal: AbortSignal,
  limit: number = limits.json,
): Promise<unknown> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bytesOf(response, signal)) {
    size += chunk.length
    if (size > limit)
      throw new HubError('unusable', response.url, `more than ${limit} bytes`, 'a list of files, which is shorter')
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HubError('unusable', response.url, JSON.stringify(text.slice(0, 60)), 'JSON', { cause })
  }
}

const unreachableError = (url: string, cause: unknown): HubError =>
  new HubError(
    'unreachable',
    new URL(url).origin,
    `no connection (${rootMessage(cause)})`,
    'a connection; try again later, or set HF_ENDPOINT to a mirror',
  )

/** Error of a connection that ended early. */
export const connectionCut = (url: string, cause: unknown): HubError =>
  new HubError(
    'unreachable',
    new URL(url).origin,
    `a connection that was cut (${rootMessage(cause)})`,
    'a complete response; run it again to resume the download',
  )

/** Returns the message of the root cause. The message of fetch is only `fetch failed`; its cause holds the reason. */
const rootMessage = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.errors.length > 0) return rootMessage(error.errors[0])
  return error.cause instanceof Error ? rootMessage(error.cause) : error.message
}
