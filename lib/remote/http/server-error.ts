import { InputError } from '../../error.js'

/**
 * Kind of a {@link ServerError}.
 *
 * - `unreachable`: no connection, or the connection was cut before the answer began
 * - `timed-out`: no whole answer within the time limit
 * - `refused`: the server refuses the request (status 3xx, 4xx, 501 or 505); sending it again does not help
 * - `busy`: the server refuses requests for a limited time (429, 503)
 * - `failed`: the server failed (5xx)
 * - `unreadable`: the answer is cut, is not JSON, or has another form than expected
 * - `suspended`: no request is sent for a while, because the requests before failed in a row
 * - `unfit`: the server answers, but it lacks something that entrain needs, did not do what it was told, or answers too much
 */
export type ServerProblem =
  'unreachable' | 'timed-out' | 'refused' | 'busy' | 'failed' | 'unreadable' | 'suspended' | 'unfit'

/** Problems of an answer that the server would give again to the same request. */
const FINAL: readonly ServerProblem[] = ['refused', 'unfit']

/** Facts about a {@link ServerError} that decide whether the request is sent again. */
export interface ServerErrorDetails {
  readonly cause?: unknown
  /** HTTP status of the answer. */
  readonly status?: number
  /** Time after which the server accepts another request. @units seconds */
  readonly wait?: number
  /** True if the server certainly did not process the request. */
  readonly isUnsent?: boolean
  /** Identifiers of the prompts that have no completions because of the error. */
  readonly prompts?: readonly string[]
}

/** Error of a request to a server that samples or trains. `place` is the method and the address, `expected` may name the remedy. */
export class ServerError extends InputError {
  readonly _tag = 'ServerError'
  override readonly name = 'ServerError'
  /** HTTP status of the answer; null without an answer. */
  readonly status: number | null
  /** Time after which the server accepts another request; null if it sends no time. @units seconds */
  readonly wait: number | null
  /** True if the server certainly did not process the request, so that even a request that must not run twice may be sent again. */
  readonly isUnsent: boolean
  /** Identifiers of the prompts that have no completions because of the error; empty for an error about no prompt. */
  readonly prompts: readonly string[]
  constructor(
    readonly problem: ServerProblem,
    place: string,
    found: string,
    expected: string,
    { cause, status, wait, isUnsent = false, prompts = [] }: ServerErrorDetails = {},
  ) {
    super(place, found, expected, { cause })
    this.status = status ?? null
    this.wait = wait ?? null
    this.isUnsent = isUnsent
    this.prompts = prompts
  }
}

/** Returns true for an answer that the server would give again: the request must not be sent to it a second time. */
export const isFinal = ({ problem }: Pick<ServerError, 'problem'>): boolean => FINAL.includes(problem)
