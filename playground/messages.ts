import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { FeedEvent } from '../dashboard/feed.js'
import { RunCommandCodec } from '../lib/control/run-command.js'
import { StepRolloutsCodec } from '../lib/run/step-rollouts.js'
import { ChoicesCodec } from './choices.js'
import { FeedEventCodec } from '../dashboard/feed-event-codec.js'

/** What the page asks of the worker. What has an `id` is answered. */
export const RequestCodec = t.union(
  [
    /** Once, and first. */
    t.type({ ask: t.literal('train'), choices: ChoicesCodec }, 'train'),
    t.type({ ask: t.literal('rollouts'), id: t.number, run: t.number, step: t.number }, 'rollouts'),
    t.type({ ask: t.literal('command'), id: t.number, run: t.number, command: RunCommandCodec }, 'command'),
  ],
  'Request',
)

const EventCodec = new t.Type<FeedEvent>(
  FeedEventCodec.name,
  (u): u is FeedEvent => E.isRight(FeedEventCodec.decode(u)),
  (u, context) => FeedEventCodec.validate(u, context),
  t.identity,
)

/** What the worker tells the page. */
export const NewsCodec = t.union(
  [
    /** Which engine it has, and why that one. */
    t.type({ tell: t.literal('engine'), about: t.string }, 'engine'),
    t.type({ tell: t.literal('event'), event: EventCodec }, 'event'),
    t.type({ tell: t.literal('rollouts'), id: t.number, rollouts: t.union([StepRolloutsCodec, t.null]) }, 'rollouts'),
    t.type({ tell: t.literal('obeyed'), id: t.number }, 'obeyed'),
    t.type({ tell: t.literal('refused'), id: t.number, message: t.string }, 'refused'),
    /** The end of the run, before its time. */
    t.type({ tell: t.literal('failed'), message: t.string }, 'failed'),
  ],
  'News',
)

export type Request = t.TypeOf<typeof RequestCodec>
export type News = t.TypeOf<typeof NewsCodec>
