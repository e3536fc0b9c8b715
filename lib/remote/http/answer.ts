import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import { pipe } from 'fp-ts/lib/function.js'
import { firstMismatch, placeIn } from '../../codec/describe-errors.js'
import { parseJsonText } from '../../codec/json-text.js'
import type { Secret } from './secret.js'
import type { ServerRequest } from './server.js'
import { ServerError, type ServerProblem } from './server-error.js'
import type { HttpAnswer } from './transport.js'

/** Facts for the errors of an answer. */
export interface AnswerContext {
  /** Method and address of the request. */
  readonly place: string
  /** Key of the server, which is removed from messages. */
  readonly key: Secret | undefined
}

/**
 * Decodes the answer to a request. None means that the result is not ready yet.
 *
 * @errors throws ServerError for a status other than 2xx, for a body that is no JSON, and for another form
 */
export const readAnswer = <A>(
  { codec, form = 'json', pendingStatuses = [] }: ServerRequest<A>,
  answer: HttpAnswer,
  context: AnswerContext,
): O.Option<A> => {
  if (pendingStatuses.includes(answer.status)) return O.none
  if (answer.status < 200 || answer.status > 299) throw statusError(answer, context)
  const { place, key } = context
  return pipe(
    codec.decode(contentsOf(form, answer, context)),
    E.map(O.some),
    E.getOrElseW((errors): never => {
      const { path, found, expected } = firstMismatch(errors)
      throw new ServerError('unreadable', placeIn(place, path), hide(found, key), expected, { status: answer.status })
    }),
  )
}

/** Returns what the decoder of an answer gets. */
const contentsOf = (form: 'json' | 'text' | 'bytes', { body }: HttpAnswer, context: AnswerContext): unknown => {
  switch (form) {
    case 'json':
      return parse(textOf(body), context)
    case 'text':
      return textOf(body)
    case 'bytes':
      return body
  }
}

const textOf = (body: Uint8Array): string => new TextDecoder().decode(body)

const parse = (text: string, { place, key }: AnswerContext): unknown => {
  try {
    return parseJsonText(text)
  } catch (cause) {
    throw new ServerError(
      'unreadable',
      place,
      `${text.length} characters that begin with ${excerpt(text, key)}`,
      'JSON',
      {
        cause,
      },
    )
  }
}

const statusError = ({ status, headers, body }: HttpAnswer, { place, key }: AnswerContext): ServerError => {
  const problem = problemOf(status)
  const wait = requestedWait(headers)
  const text = textOf(body)
  const found = text === '' ? `the status ${status}` : `the status ${status} with ${excerpt(text, key)}`
  return new ServerError(problem, place, found, expectations[problem], {
    status,
    ...(wait === null ? {} : { wait }),
    isUnsent: problem === 'busy',
  })
}

/** Statuses of a server that does not have the function, or the version of HTTP, that a request needs: it will not have it later. */
const LACKING: readonly number[] = [501, 505]

const problemOf = (status: number): 'busy' | 'failed' | 'timed-out' | 'refused' => {
  if (status === 429 || status === 503) return 'busy'
  if (status === 408 || status === 504 || status === 524) return 'timed-out'
  return status >= 500 && !LACKING.includes(status) ? 'failed' : 'refused'
}

const expectations: Readonly<Record<ReturnType<typeof problemOf>, string>> = {
  busy: 'a server that accepts requests',
  failed: 'the status 200; the log of the server has the reason',
  'timed-out': 'an answer in time',
  refused: 'the status 200; check the address, the key and the version of the server',
} satisfies Partial<Record<ServerProblem, string>>

/** Maximum length of the part of an answer that an error repeats. @units characters */
const LONGEST = 200

/** Returns the beginning of an answer in quotes. Control characters, which would change the terminal, are escaped. */
const excerpt = (text: string, key: Secret | undefined): string =>
  JSON.stringify(hide(text, key).slice(0, LONGEST)).replace(
    /[\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

const hide = (text: string, key: Secret | undefined): string => key?.hideIn(text) ?? text

/** Returns the wait of `Retry-After`, which is a number of seconds or a date. @units seconds */
const requestedWait = (headers: HttpAnswer['headers']): number | null => {
  const [after, date] = [headers['retry-after'], headers['date']]
  if (typeof after !== 'string') return null
  if (/^\d+$/.test(after)) return Number(after)
  // A date is relative to the server's clock, which may differ from this machine's.
  const seconds = (Date.parse(after) - Date.parse(typeof date === 'string' ? date : '')) / 1000
  return Number.isNaN(seconds) ? null : Math.max(0, seconds)
}
