import { ServerError } from '../http/server-error.js'
import type { PublishedWeights } from '../remote-policy.js'

/** Error of a server that ended a call without a value. */
export const noAnswer = (name: string): ServerError =>
  new ServerError('unreadable', name, 'a server that ended without an answer', 'one answer')

/** Error of an attempt that exceeded its time. */
export const lateAnswer = (name: string, seconds: number): ServerError =>
  new ServerError(
    'timed-out',
    name,
    `no answer of the server for ${seconds} s`,
    'an answer within the time limit; raise timeLimit (--rollout-timeout N) if the work needs longer',
  )

/** Error of a task that failed on every attempt. */
export const lastFailure = (name: string, attempts: number, last: ServerError): ServerError =>
  new ServerError(
    last.problem,
    name,
    `${attempts} failed attempts, the last of them: ${last.message}`,
    'an answer of one of the servers',
    { cause: last },
  )

/** Error of a publication to a pool that was closed before the servers had the weights. */
export const closedPool = (): ServerError =>
  new ServerError('unreachable', 'the pool of servers', 'a pool that was closed', 'one that is open')

/** Name of a join in an error. */
export const describeJoin = (weights: PublishedWeights | null): string =>
  weights === null ? 'question whether it answers' : `delivery of ${weights.name}`

/** Error of a pool without a server that answers, with the last error of each. */
export const noServer = (
  servers: readonly { readonly name: string; readonly fault: ServerError | null }[],
  seconds: number,
): ServerError =>
  new ServerError(
    'unreachable',
    `the pool of ${servers.length} servers`,
    `no server that answers for ${seconds} s (${servers.map(({ name, fault }) => `${name}: ${fault?.message ?? 'no error'}`).join('; ')})`,
    'at least one; start the servers, and resume the run',
  )
