/** First module of the worker: opens an engine, trains with it, and sends the events of the run to the page. */
import * as E from 'fp-ts/lib/Either.js'
import type { Feed } from '../dashboard/feed.js'
import { describeErrors } from '../lib/codec/describe-errors.js'
import { loadCheckpoint } from './checkpoint.js'
import { errorText } from './error-text.js'
import { type Reply, type Request, RequestCodec } from './messages.js'
import { type FailedPart, RunFailure } from './run-failure.js'
import { openTabEngine } from './open-tab-engine.js'
import { trainingFeed } from './training-feed.js'

type TrainRequest = Extract<Request, { type: 'train' }>

const send = (reply: Reply) => self.postMessage(reply)
const sendFailure = (error: unknown) =>
  send({ type: 'failed', part: error instanceof RunFailure ? error.part : 'run', message: errorText(error) })

/** Names the part that fails. */
const inPart = <A>(part: FailedPart, work: Promise<A>): Promise<A> =>
  work.catch((error: unknown) => {
    throw new RunFailure(part, errorText(error))
  })

/** Feed of the run; undefined until the page asks for a run. */
let startedFeed: Promise<Feed> | undefined

const startFeed = async ({ choices }: TrainRequest): Promise<Feed> => {
  const [{ engine, title, about }, checkpoint] = await Promise.all([
    inPart('engine', openTabEngine(choices.engine)),
    inPart('model', loadCheckpoint()),
  ])
  send({ type: 'engine', about })
  return trainingFeed({
    choices,
    engine,
    engineTitle: title,
    checkpoint,
    clock: () => performance.now() / 1000,
    onRestart: ({ loss }) => send({ type: 'engine', about: `${about}. It was started again: ${loss.message}` }),
  })
}

const train = (request: TrainRequest) => {
  startedFeed = startFeed(request)
  const subscribe = (feed: Feed) =>
    feed.events$.subscribe({ next: (event) => send({ type: 'event', event }), error: sendFailure })
  startedFeed.then(subscribe, sendFailure)
}

const answer = async (request: Exclude<Request, TrainRequest>) => {
  const { id, run } = request
  try {
    if (startedFeed === undefined) throw new Error('found no run, expected a run that was started')
    const feed = await startedFeed
    if (request.type === 'rollouts') send({ type: 'rollouts', id, rollouts: await feed.rollouts(run, request.step) })
    else {
      await feed.command(run, request.command)
      send({ type: 'executed', id })
    }
  } catch (error) {
    send({ type: 'refused', id, message: errorText(error) })
  }
}

self.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const request = RequestCodec.decode(data)
  if (E.isLeft(request)) sendFailure(new RunFailure('run', describeErrors(request.left).join('; ')))
  else if (request.right.type === 'train') train(request.right)
  else void answer(request.right)
})

// The page hears of an error that nobody awaits, such as a lost GPU, from here alone.
self.addEventListener('unhandledrejection', ({ reason }: PromiseRejectionEvent) => sendFailure(reason))
