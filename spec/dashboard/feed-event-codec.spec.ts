import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { FeedEventCodec } from '#dashboard/feed-event-codec.js'
import { firstMismatch, placeIn } from '#lib/codec/describe-errors.js'

const server = { name: 'http://a', work: 'trains', state: 'ready', version: 3, tokensPerSecond: 0.5, waiting: 2 }
const stateOf = (servers: unknown) => ({
  event: 'state',
  run: 0,
  state: { status: 'running', override: null, servers },
})

describe('the state of a run in the feed', () => {
  it('has its servers, or none', () => {
    expect(FeedEventCodec.decode(stateOf([server]))).toEqual(E.right(stateOf([server])))
    const without = { event: 'state', run: 0, state: { status: 'running', override: null } }
    expect(FeedEventCodec.decode(without)).toEqual(E.right(without))
  })

  it.each([
    [[{ ...server, state: 'dead' }], 'state.servers.0.state'],
    [[server, { ...server, waiting: null }], 'state.servers.1.waiting'],
    [[{ ...server, work: 'sleeps' }], 'state.servers.0.work'],
    [server, 'state.servers'],
  ])('is refused at its place: %j', (servers, place) => {
    const decoded = FeedEventCodec.decode(stateOf(servers))
    if (E.isRight(decoded)) throw new Error('it was accepted')
    expect(placeIn('feed', firstMismatch(decoded.left).path)).toContain(place)
  })
})
