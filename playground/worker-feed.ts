import * as E from 'fp-ts/lib/Either.js'
import { ReplaySubject } from 'rxjs'
import type { Feed, FeedEvent } from '../dashboard/feed.js'
import type { StepRollouts } from '../lib/run/step-rollouts.js'
import { problems } from './in-words.js'
import { type News, NewsCodec, type Request } from './messages.js'

/** A feed whose run is in a worker of this page. */
export interface WorkerFeed extends Feed {
  /** Which engine the worker has, and why; never, where it finds none. */
  readonly engine: Promise<string>
}

interface Awaited {
  readonly resolve: (rollouts: StepRollouts | null) => void
  readonly reject: (error: Error) => void
}

/**
 * The feed of a worker's run: what the worker tells is kept here for whoever subscribes later.
 *
 * @errors of the events: Error with what the worker says, or why it is not heard
 */
export const workerFeed = (worker: Worker): WorkerFeed => {
  const events$ = new ReplaySubject<FeedEvent>()
  const awaited = new Map<number, Awaited>()
  let asked = 0
  let tellEngine!: (reason: string) => void
  const engine = new Promise<string>((resolve) => {
    tellEngine = resolve
  })
  const answered = (id: number) => {
    const one = awaited.get(id)
    awaited.delete(id)
    return one
  }
  const hear = (news: News) => {
    switch (news.tell) {
      case 'engine':
        return tellEngine(news.reason)
      case 'event':
        return events$.next(news.event)
      case 'rollouts':
        return answered(news.id)?.resolve(news.rollouts)
      case 'obeyed':
        return answered(news.id)?.resolve(null)
      case 'refused':
        return answered(news.id)?.reject(new Error(news.message))
      case 'failed':
        return events$.error(new Error(news.message))
    }
  }
  worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    const news = NewsCodec.decode(data)
    if (E.isRight(news)) hear(news.right)
    else events$.error(new Error(problems(news.left).join('; ')))
  })
  worker.addEventListener('error', ({ message }) =>
    events$.error(new Error(message === undefined ? 'the worker does not load' : `the worker broke: ${message}`)),
  )
  const ask = (request: (id: number) => Request) =>
    new Promise<StepRollouts | null>((resolve, reject) => {
      const id = asked++
      awaited.set(id, { resolve, reject })
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
