import { request, type Dispatcher } from 'undici'
import type { Observable } from 'rxjs'
import { fromAsyncGenerator } from '../../control/from-async-generator.js'
import { ServerError } from './server-error.js'

/** Request as it is sent. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Body; null for a request without one. */
  readonly body: string | null
  /** Maximum length of the body of the answer. @units bytes */
  readonly largestBody: number
}

/** Answer to a request, with its whole body. */
export interface HttpAnswer {
  readonly status: number
  /** Headers by their name in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Uint8Array
}

/**
 * Sends one request and emits its answer. Unsubscribing closes the connection.
 *
 * @errors ServerError `unreachable` or `unreadable`; `unfit` for an answer that is too long
 */
export type Transport = (request: HttpRequest) => Observable<HttpAnswer>

/** Times of a request that has a limit as a whole. The connection to a proxy does not take them over from its agent. */
const NO_LIMITS = { headersTimeout: 0, bodyTimeout: 0 } as const

/** Creates the transport that sends requests through an agent. */
export const transportThrough =
  (agent: Dispatcher): Transport =>
  ({ method, url, headers, body, largestBody }) =>
    fromAsyncGenerator(async function* (signal) {
      const place = `${method} ${url}`
      const response = await request(url, { dispatcher: agent, ...NO_LIMITS, method, headers, body, signal }).catch(
        (cause: unknown) => {
          throw unreachable(place, cause)
        },
      )
      const { statusCode: status, headers: answered } = response
      yield { status, headers: answered, body: await bytesOf(response.body, place, largestBody) }
    })

const bytesOf = async (body: AsyncIterable<Uint8Array>, place: string, largest: number): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of body) {
      size += chunk.length
      if (size > largest) break
      chunks.push(chunk)
    }
  } catch (cause) {
    throw new ServerError(
      'unreadable',
      place,
      `an answer that was cut after ${size} bytes (${rootMessage(cause)})`,
      'a whole answer',
      { cause },
    )
  }
  if (size > largest) throw new ServerError('unfit', place, `more than ${largest} bytes`, 'a shorter answer')
  return Buffer.concat(chunks)
}

/** Codes of errors that come before a connection exists, so that the server has seen nothing of the request. */
const UNSENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/

/** Codes of the errors of a certificate, as Node names them. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|^ERR_TLS_/

const unreachable = (place: string, cause: unknown): ServerError => {
  const code = codeOf(cause)
  const isCertificate = CERTIFICATE.test(code)
  return new ServerError(
    'unreachable',
    place,
    `no connection (${rootMessage(cause)})`,
    isCertificate
      ? 'a certificate that Node trusts; NODE_EXTRA_CA_CERTS=FILE adds an authority of your own'
      : 'a server that answers; check its address, and HTTP_PROXY, HTTPS_PROXY and NO_PROXY if there is a proxy',
    { cause, isUnsent: isCertificate || UNSENT.test(code) },
  )
}

/** Returns the root cause. An error that has none of its own may have one for each address of a host. */
const rootOf = (error: unknown): unknown => {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0])
  return error instanceof Error && error.cause instanceof Error ? rootOf(error.cause) : error
}

const rootMessage = (error: unknown): string => {
  const root = rootOf(error)
  return root instanceof Error ? root.message : String(root)
}

const codeOf = (error: unknown): string => {
  const root = rootOf(error)
  return root instanceof Error && 'code' in root ? String(root.code) : ''
}
