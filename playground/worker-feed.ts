import * as E from 'fp-ts/lib/Either.js'
import { ReplaySubject } from 'rxjs'
import type { Feed, FeedEvent } from '../dashboard/feed.js'
import type { StepRollouts } from '../lib/run/step-rollouts.js'
import { describeErrors } from '../lib/codec/describe-errors.js'
import { type News, NewsCodec, type Request } from './messages.js'

/** A feed whose run is in a worker of this page. */
export interface WorkerFeed extends Feed {
  /** Which engine the worker has, and why; never, where it finds none. */
  readonly engine: Promise<string>
}

/** What a feed needs of a worker. */
export interface Messenger {
  postMessage(message: unknown): void
  addEventListener(
    type: 'message' | 'messageerror' | 'error',
    listener: (event: { readonly data?: unknown; readonly message?: unknown }) => void,
  ): void
}

/** Who waits for an answer. */
interface Asker {
  readonly resolve: (rollouts: StepRollouts | null) => void
  readonly reject: (error: Error) => void
}

/**
 * The feed of a worker's run. What the worker tells is kept here for whoever subscribes later.
 *
 * @errors of the events: Error with what the worker says went wrong, or with why it is not understood. Whatever is asked
 * of it then, or was asked and not answered, is refused with the same
 */
export const workerFeed = (worker: Messenger): WorkerFeed => {
  const events$ = new ReplaySubject<FeedEvent>(Infinity)
  const askers = new Map<number, Asker>()
  let tellEngine!: (about: string) => void
  const engine = new Promise<string>((resolve) => {
    tellEngine = resolve
  })
  const answer = (id: number, reply: (asker: Asker) => void) => {
    const asker = askers.get(id)
    askers.delete(id)
    if (asker !== undefined) reply(asker)
  }
  let failure: Error | undefined
  const fail = (message: string) => {
    if (failure !== undefined) return
    failure = new Error(message)
    events$.error(failure)
    for (const { reject } of askers.values()) reject(failure)
    askers.clear()
  }
  const hearing = {
    engine: ({ about }) => tellEngine(about),
    event: ({ event }) => events$.next(event),
    rollouts: ({ id, rollouts }) => answer(id, ({ resolve }) => resolve(rollouts)),
    obeyed: ({ id }) => answer(id, ({ resolve }) => resolve(null)),
    refused: ({ id, message }) => answer(id, ({ reject }) => reject(new Error(message))),
    failed: ({ message }) => fail(message),
  } satisfies { readonly [T in News['tell']]: (news: Extract<News, { tell: T }>) => void }

  worker.addEventListener('message', ({ data }) => {
    const news = NewsCodec.decode(data)
    if (E.isLeft(news)) fail(describeErrors(news.left).join('; '))
    else (hearing[news.right.tell] as (news: News) => void)(news.right)
  })
  worker.addEventListener('messageerror', () => fail('what the worker of this page tells cannot be read'))
  // Of a script that is not there the browser says nothing more.
  worker.addEventListener('error', ({ message }) =>
    fail(typeof message === 'string' ? message : 'the worker of this page does not load'),
  )
  let asked = 0
  const ask = (request: (id: number) => Request) =>
    new Promise<StepRollouts | null>((resolve, reject) => {
      if (failure !== undefined) {
        reject(failure)
        return
      }
      const id = asked++
      askers.set(id, { resolve, reject })
      worker.postMessage(request(id))
    })
  return {
    engine,
    events$,
    rollouts: (run, step) => ask((id) => ({ ask: 'rollouts', id, run, step })),
    command: async (run, command) => {
      await ask((id) => ({ ask: 'command', id, run, command }))
    },
  }
}
