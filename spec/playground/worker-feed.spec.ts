import { firstValueFrom, lastValueFrom } from 'rxjs'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Messenger, workerFeed } from '../../playground/worker-feed.js'
import { rollout } from '../dashboard/lines.js'

describe('the feed of a worker', () => {
  type Listener = Parameters<Messenger['addEventListener']>[1]
  let listeners: Map<string, Listener>
  let posted: unknown[]
  let feed: ReturnType<typeof workerFeed>
  beforeEach(() => {
    listeners = new Map()
    posted = []
    feed = workerFeed({
      postMessage: (message) => posted.push(message),
      addEventListener: (type, listener) => listeners.set(type, listener),
    })
  })
  const send = (data: unknown) => listeners.get('message')!({ data })

  test('keeps every event for a later subscriber', async () => {
    send({ type: 'engine', about: 'an engine' })
    const event = { event: 'state', run: 0, state: { status: 'paused', override: null } }
    send({ type: 'event', event })
    expect(await firstValueFrom(feed.engine$)).toBe('an engine')
    expect(await firstValueFrom(feed.events$)).toEqual(event)
  })

  test('resolves each request with its own answer', async () => {
    const found = { step: 1, scoreMethod: 'exact', rollouts: [rollout()] }
    const answers = [feed.rollouts(0, 1), feed.command(0, { command: 'pause' }), feed.command(0, { command: 'stop' })]
    expect(posted).toEqual([
      { type: 'rollouts', id: 0, run: 0, step: 1 },
      { type: 'command', id: 1, run: 0, command: { command: 'pause' } },
      { type: 'command', id: 2, run: 0, command: { command: 'stop' } },
    ])
    send({ type: 'refused', id: 2, message: 'this run is over' })
    send({ type: 'executed', id: 1 })
    send({ type: 'rollouts', id: 0, rollouts: found })
    expect(await answers[0]).toEqual(found)
    expect(await answers[1]).toBeUndefined()
    await expect(answers[2]).rejects.toThrow('this run is over')
  })

  test.each<[string, string, Parameters<Listener>[0], string]>([
    [
      'says that it failed',
      'message',
      { data: { type: 'failed', part: 'engine', message: 'out of memory' } },
      'out of memory',
    ],
    ['sends an unknown message', 'message', { data: { type: 'engine', about: 3 } }, 'about: found 3, expected string'],
    ['sends a message that cannot be read', 'messageerror', {}, 'a message of the worker of this page cannot be read'],
    ['throws', 'error', { message: 'x is not a function' }, 'x is not a function'],
    ['does not load', 'error', {}, 'the browser did not load the script of its worker'],
  ])('a worker that %s rejects waiting and later requests with one error', async (_, type, event, words) => {
    const outcomes = [lastValueFrom(feed.events$), feed.rollouts(0, 1), feed.command(0, { command: 'pause' })]
    const failures = outcomes.map((outcome) => outcome.catch((error: unknown) => error))
    listeners.get(type)!(event)
    send({ type: 'failed', part: 'run', message: 'and once more' })
    const later = feed.rollouts(0, 2).catch((error: unknown) => error)
    const [first, ...others] = await Promise.all([...failures, later])
    expect(first).toBeInstanceOf(Error)
    expect((first as Error).message).toContain(words)
    for (const other of others) expect(other).toBe(first)
    expect(posted).toHaveLength(2)
  })
})
