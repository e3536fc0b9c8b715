import * as E from 'fp-ts/lib/Either.js'
import { type Observable, ReplaySubject, Subject } from 'rxjs'
import type { Feed, FeedEvent } from '../dashboard/feed.js'
import { describeErrors } from '../lib/codec/describe-errors.js'
import type { StepRollouts } from '../lib/run/step-rollouts.js'
import { type Reply, ReplyCodec, type Request } from './messages.js'
import { type FailedPart, RunFailure } from './run-failure.js'
import { type PendingRequests, pendingRequests } from './pending-requests.js'

/** The feed of a run in a worker of this page. */
export interface WorkerFeed extends Feed {
  /** Display name of the worker's engine when it is open, and again with the reason after each restart. */
  readonly engine$: Observable<string>
  /** Emits at each message of the worker. */
  readonly signs$: Observable<void>
}

/** The part of a worker that a feed needs. */
export interface Messenger {
  postMessage(message: unknown): void
  addEventListener(
    type: 'message' | 'messageerror' | 'error',
    listener: (event: { readonly data?: unknown; readonly message?: unknown }) => void,
  ): void
}

/**
 * Returns the feed of a worker's run. The feed keeps every event for a later subscriber.
 *
 * @errors of the events: RunFailure with the message of the worker, or with the reason why its message cannot be read. The
 * same error rejects every request that has no answer, and every later request.
 */
export const workerFeed = (worker: Messenger): WorkerFeed => {
  const events$ = new ReplaySubject<FeedEvent>(Infinity)
  const requests = pendingRequests<StepRollouts | null>()
  const engine$ = new ReplaySubject<string>(1)
  const signs$ = new Subject<void>()
  const fail = (part: FailedPart, message: string) => {
    const error = new RunFailure(part, message)
    if (requests.rejectAll(error)) events$.error(error)
  }
  const receive = {
    engine: ({ about }) => engine$.next(about),
    event: ({ event }) => events$.next(event),
    rollouts: ({ id, rollouts }) => requests.resolve(id, rollouts),
    executed: ({ id }) => requests.resolve(id, null),
    refused: ({ id, message }) => requests.reject(id, new Error(message)),
    failed: ({ part, message }) => fail(part, message),
  } satisfies { readonly [T in Reply['type']]: (reply: Extract<Reply, { type: T }>) => void }
  const receiveReply = (reply: Reply) => {
    signs$.next()
    ;(receive[reply.type] as (reply: Reply) => void)(reply)
  }
  listen(worker, receiveReply, fail)
  return { engine$, events$, signs$, ...requestsTo(worker, requests) }
}

const listen = (
  worker: Messenger,
  receive: (reply: Reply) => void,
  fail: (part: FailedPart, message: string) => void,
): void => {
  worker.addEventListener('message', ({ data }) => {
    const reply = ReplyCodec.decode(data)
    if (E.isLeft(reply)) fail('run', describeErrors(reply.left).join('; '))
    else receive(reply.right)
  })
  worker.addEventListener('messageerror', () => fail('run', 'a message of the worker of this page cannot be read'))
  // The browser gives no message for a script that does not load.
  worker.addEventListener('error', ({ message }) => {
    if (typeof message === 'string') fail('run', message)
    else fail('worker', 'the browser did not load the script of its worker')
  })
}

const requestsTo = (
  worker: Messenger,
  requests: PendingRequests<StepRollouts | null>,
): Pick<Feed, 'rollouts' | 'command'> => {
  const send = (requestOf: (id: number) => Request) => requests.add((id) => worker.postMessage(requestOf(id)))
  return {
    rollouts: (run, step) => send((id) => ({ type: 'rollouts', id, run, step })),
    command: async (run, command) => {
      await send((id) => ({ type: 'command', id, run, command }))
    },
  }
}
