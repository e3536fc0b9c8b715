/** First module of the worker: opens an engine, trains on it, and tells the page. */
import * as E from 'fp-ts/lib/Either.js'
import type { Feed } from '../dashboard/feed.js'
import { loadCheckpoint } from './checkpoint.js'
import { describeErrors } from '../lib/codec/describe-errors.js'
import { inWords } from './in-words.js'
import { type News, type Request, RequestCodec } from './messages.js'
import { openTabEngine } from './open-tab-engine.js'
import { trainingFeed } from './training-feed.js'

const tell = (news: News) => self.postMessage(news)
const fail = (error: unknown) => tell({ tell: 'failed', message: inWords(error) })

/** Of the run under way. */
let started: Promise<Feed> | undefined

const begin = async ({ choices }: Extract<Request, { ask: 'train' }>): Promise<Feed> => {
  const [{ engine, title, about }, checkpoint] = await Promise.all([openTabEngine(choices.engine), loadCheckpoint()])
  tell({ tell: 'engine', about })
  return trainingFeed({
    choices,
    engine,
    engineTitle: title,
    checkpoint,
    clock: () => performance.now() / 1000,
  })
}

const train = (request: Extract<Request, { ask: 'train' }>) => {
  started = begin(request)
  started.then((feed) => feed.events$.subscribe({ next: (event) => tell({ tell: 'event', event }), error: fail }), fail)
}

const answer = async (request: Exclude<Request, { ask: 'train' }>) => {
  const { id, run } = request
  try {
    if (started === undefined) throw new Error('nothing was started')
    const feed = await started
    if (request.ask === 'rollouts') tell({ tell: 'rollouts', id, rollouts: await feed.rollouts(run, request.step) })
    else {
      await feed.command(run, request.command)
      tell({ tell: 'obeyed', id })
    }
  } catch (error) {
    tell({ tell: 'refused', id, message: inWords(error) })
  }
}

self.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const request = RequestCodec.decode(data)
  if (E.isLeft(request)) tell({ tell: 'failed', message: describeErrors(request.left).join('; ') })
  else if (request.right.ask === 'train') train(request.right)
  else void answer(request.right)
})
