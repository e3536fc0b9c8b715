import { HubError } from './hub-error.js'
import { refusal } from './refusal.js'
import type { Repository } from './repository.js'

/**
 * Sends a GET request on a repository's behalf. The token goes to the hub alone, not to where it redirects.
 *
 * @errors HubError; an AbortError where `signal` is aborted
 */
export const ask = async (
  repository: Repository,
  url: string,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> => {
  const { endpoint, token } = repository.hub
  const signed = token !== null && new URL(url).origin === new URL(endpoint).origin
  // Compressed on the way, bytes could be neither counted nor asked for from the middle.
  const sent = { 'accept-encoding': 'identity', ...headers, ...(signed ? { authorization: `Bearer ${token}` } : {}) }
  const response = await fetch(url, { signal, headers: sent }).catch((cause: unknown) => {
    throw signal.aborted ? cause : unreachable(url, cause)
  })
  if (response.ok) return response
  await response.body?.cancel()
  throw refusal(repository, response)
}

/** The bytes of an answer as they come. @errors HubError where the connection is cut */
export async function* bytesOf(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of response.body ?? []) yield bytes
  } catch (cause) {
    throw signal.aborted ? cause : cut(response.url, cause)
  }
}

/** The whole of an answer as JSON. @errors HubError */
export const jsonOf = async (response: Response, signal: AbortSignal): Promise<unknown> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytesOf(response, signal)) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HubError('unusable', response.url, JSON.stringify(text.slice(0, 60)), 'JSON, as a hub answers', { cause })
  }
}

const unreachable = (url: string, cause: unknown): HubError =>
  new HubError(
    'unreachable',
    new URL(url).origin,
    `no way there (${reason(cause)})`,
    'a connection; run it again once there is one, or name a mirror in HF_ENDPOINT',
  )

export const cut = (url: string, cause: unknown): HubError =>
  new HubError(
    'unreachable',
    new URL(url).origin,
    `a connection that was cut (${reason(cause)})`,
    'one that lasts; run it again: it goes on where it was cut',
  )

/** What fetch says is `fetch failed`; the reason is in its cause, or in the first of several. */
const reason = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof AggregateError && error.errors.length > 0) return reason(error.errors[0])
  return error.cause instanceof Error ? reason(error.cause) : error.message
}
