import * as t from 'io-ts'
import { numberThat } from '../../codec/number.js'

/** Codec of a token. */
export const TokenCodec = numberThat('token', (x) => Number.isSafeInteger(x) && x >= 0)

/** Largest rounding by which a log-prob exceeds 0. @units nats */
const ROUNDING = 1e-3

/** Codec of a log-prob. @units nats */
export const LogprobCodec = numberThat('log-prob, which is at most 0', (x) => !Number.isNaN(x) && x <= ROUNDING)

/** Codec of a list with at least one element. */
export const nonEmpty = <A>(element: t.Type<A, unknown>): t.Type<readonly A[], unknown> => {
  const list = t.readonlyArray(element)
  return t.refinement(list, ({ length }) => length > 0, `array of at least one ${element.name}`)
}

/** Log-prob and token at the start of a list; further elements, such as the text of the token, are not read. */
export type LogprobAndToken = readonly [logprob: number | null, token: number]

const isLogprobAndToken = (input: unknown): input is LogprobAndToken =>
  Array.isArray(input) && (input[0] === null || LogprobCodec.is(input[0])) && TokenCodec.is(input[1])

/** Codec of {@link LogprobAndToken}. The log-prob of the first token of an input is null. */
export const LogprobAndTokenCodec = new t.Type<LogprobAndToken>(
  'array of a log-prob and a token',
  isLogprobAndToken,
  (input, context) => (isLogprobAndToken(input) ? t.success(input) : t.failure(input, context)),
  t.identity,
)
