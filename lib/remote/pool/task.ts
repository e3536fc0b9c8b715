import type { ObservableInput } from 'rxjs'
import { ServerError } from '../http/server-error.js'

/** Work that any server of a pool can do: it gives one value. */
export interface Task<S, A> {
  /** Name for messages, such as `step 3, prompt "p7"`. */
  readonly name: string
  readonly call: (server: S) => ObservableInput<A>
}

/** Error of a server that ended a call without a value. */
export const noAnswer = (name: string): ServerError =>
  new ServerError('unreadable', name, 'a server that ended without an answer', 'one answer')

/** Error of an attempt that exceeded its time. */
export const lateAnswer = (name: string, seconds: number): ServerError =>
  new ServerError(
    'timed-out',
    name,
    `no answer of the server for ${seconds} s`,
    'an answer within the time limit; raise timeLimit if the work needs longer',
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
