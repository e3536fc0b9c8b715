import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { FeedEvent } from '../dashboard/feed.js'
import { RunCommandCodec } from '../lib/control/run-command.js'
import { StepRolloutsCodec } from '../lib/run/step-rollouts.js'
import { ChoicesCodec } from './choices.js'
import { FailedPartCodec } from './run-failure.js'
import { FeedEventCodec } from '../dashboard/feed-event-codec.js'

/** Messages from the page to the worker. The worker answers a message that has an `id`. */
export const RequestCodec = t.union(
  [
    /** The first message, sent once. */
    t.type({ type: t.literal('train'), choices: ChoicesCodec }, 'train'),
    t.type({ type: t.literal('rollouts'), id: t.number, run: t.number, step: t.number }, 'rollouts'),
    t.type({ type: t.literal('command'), id: t.number, run: t.number, command: RunCommandCodec }, 'command'),
  ],
  'Request',
)

const EventCodec = new t.Type<FeedEvent>(
  FeedEventCodec.name,
  (u): u is FeedEvent => E.isRight(FeedEventCodec.decode(u)),
  (u, context) => FeedEventCodec.validate(u, context),
  t.identity,
)

/** Messages from the worker to the page. */
export const ReplyCodec = t.union(
  [
    /** Title of the engine with what a visitor should know of it; sent again after its restart. */
    t.type({ type: t.literal('engine'), about: t.string }, 'engine'),
    t.type({ type: t.literal('event'), event: EventCodec }, 'event'),
    /** Answer to a request for rollouts. */
    t.type({ type: t.literal('rollouts'), id: t.number, rollouts: t.union([StepRolloutsCodec, t.null]) }, 'rollouts'),
    /** Answer to a command that the run executes. */
    t.type({ type: t.literal('executed'), id: t.number }, 'executed'),
    /** Answer to a request that the run refuses. */
    t.type({ type: t.literal('refused'), id: t.number, message: t.string }, 'refused'),
    /** The last message: an error has ended the run. */
    t.type({ type: t.literal('failed'), part: FailedPartCodec, message: t.string }, 'failed'),
  ],
  'Reply',
)

export type Request = t.TypeOf<typeof RequestCodec>
export type Reply = t.TypeOf<typeof ReplyCodec>
