import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { mean } from '../../statistics.js'
import { ServerError } from '../http/server-error.js'
import type { KnownSequence, PublishedWeights, RemotePolicy } from '../remote-policy.js'

/** Function that brings weights to one server and checks that the server has them. */
export type Deliver = (weights: PublishedWeights) => TE.TaskEither<ServerError, void>

/** Log-probs of one sequence by learner and server, for the same weights. @shape [T] */
interface Delivered {
  readonly known: KnownSequence
  readonly server_T: Float32Array
}

/** Least change of the learner's log-probs from which a change of the server's can be told. @units nats, of one token */
const MOVED = 1e-3

/** A server that moved by less than this share of the learner's change has not moved. */
const STILL = 1e-3

/**
 * Creates the delivery of weights to one server: the server is told to use them, then it scores the known sequence. With l the
 * learner's log-probs, s the server's, and l', s' those of an earlier delivery, the weights did not arrive if
 *
 *     mean_t |s_t - l_t| > tolerance
 *     max_t |l_t - l'_t| >= 0.001   and   max_t |s_t - s'_t| <= 0.001 max_t |l_t - l'_t|
 *
 * The second rule finds a server that keeps its weights from the first steps on, when the weights differ by less than the numerics of
 * two engines do. The earlier delivery is the last one from which the learner's log-probs have moved enough.
 *
 * @units  nats
 * @errors ServerError unfit that names the server, the version and both values; the errors of the server
 */
export const createDelivery = (server: Pick<RemotePolicy, 'name' | 'publish' | 'logprobs'>): Deliver => {
  let earlier: Delivered | null = null
  return (weights) => {
    const { known } = weights
    return known === undefined
      ? server.publish(weights)
      : pipe(
          server.publish(weights),
          TE.chain(() => server.logprobs(known.tokens)),
          TE.map((server_T): Delivered => ({ known, server_T })),
          TE.chainFirst((delivered) => {
            const found = undelivered(delivered, sameTokens(earlier, known) ? earlier : null)
            return found === null ? TE.right(undefined) : TE.left(notTaken(server.name, weights, found))
          }),
          TE.map((delivered) => {
            if (earlier === null || !sameTokens(earlier, known) || largestChange(known, earlier.known) >= MOVED)
              earlier = delivered
          }),
        )
  }
}

const sameTokens = (earlier: Delivered | null, { tokens }: KnownSequence): boolean =>
  earlier !== null &&
  earlier.known.tokens.length === tokens.length &&
  tokens.every((token, t) => token === earlier.known.tokens[t])

const largestChange = ({ logprobs_T }: KnownSequence, earlier: KnownSequence): number =>
  largestDifference(logprobs_T, earlier.logprobs_T)

const largestDifference = (one: Float32Array, other: Float32Array): number =>
  one.reduce((largest, value, t) => Math.max(largest, Math.abs(value - other[t]!)), 0)

/** Returns what shows that the weights did not arrive, and what was expected; null if they did. */
const undelivered = (
  { known, server_T }: Delivered,
  earlier: Delivered | null,
): readonly [found: string, expected: string] | null => {
  const learner_T = known.logprobs_T
  if (server_T.length !== learner_T.length)
    return [`log-probs of ${server_T.length} tokens of the known sequence`, `${learner_T.length}`]
  const difference = mean(scored(server_T).map((value, t) => Math.abs(value - learner_T[t + 1]!)))
  // Written so that NaN counts as a difference.
  if (!(difference <= known.tolerance))
    return [
      `a mean log-prob of ${nats(mean(scored(server_T)))} for the known sequence, ${nats(difference)} per token from the learner's`,
      `${nats(mean(scored(learner_T)))}, the learner's, within ${known.tolerance} per token`,
    ]
  if (earlier === null) return null
  const learnerChange = largestChange(known, earlier.known)
  const serverChange = largestDifference(server_T, earlier.server_T)
  return learnerChange >= MOVED && serverChange <= STILL * learnerChange
    ? [
        `log-probs of the known sequence that changed by ${nats(serverChange)} since an earlier version`,
        `a change by about ${nats(learnerChange)}, as the learner's`,
      ]
    : null
}

/** Log-probs of the tokens that have tokens before them. */
const scored = (logprobs_T: Float32Array): Float32Array => logprobs_T.subarray(1)

const nats = (value: number): string => `${value.toPrecision(4)} nats`

const notTaken = (
  server: string,
  { version, name, folder, kind }: PublishedWeights,
  [found, expected]: readonly [string, string],
): ServerError =>
  new ServerError(
    'unfit',
    `${server}, version ${version} (${name})`,
    found,
    `${expected}: the server did not take the ${kind}; check that it reads the folder ${folder}, and that its base model is the learner's`,
  )
