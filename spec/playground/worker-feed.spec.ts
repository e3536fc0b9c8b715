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
  const tell = (data: unknown) => listeners.get('message')!({ data })

  test('keeps what it is told for whoever listens later', async () => {
    tell({ tell: 'engine', about: 'an engine' })
    const event = { event: 'state', run: 0, state: { status: 'paused', override: null } }
    tell({ tell: 'event', event })
    expect(await feed.engine).toBe('an engine')
    expect(await firstValueFrom(feed.events$)).toEqual(event)
  })

  test('gives each answer to who asked', async () => {
    const found = { step: 1, rollouts: [rollout()] }
    const answers = [feed.rollouts(0, 1), feed.command(0, { command: 'pause' }), feed.command(0, { command: 'stop' })]
    expect(posted).toEqual([
      { ask: 'rollouts', id: 0, run: 0, step: 1 },
      { ask: 'command', id: 1, run: 0, command: { command: 'pause' } },
      { ask: 'command', id: 2, run: 0, command: { command: 'stop' } },
    ])
    tell({ tell: 'refused', id: 2, message: 'this run is over' })
    tell({ tell: 'obeyed', id: 1 })
    tell({ tell: 'rollouts', id: 0, rollouts: found })
    expect(await answers[0]).toEqual(found)
    expect(await answers[1]).toBeUndefined()
    await expect(answers[2]).rejects.toThrow('this run is over')
  })

  test.each<[string, string, Parameters<Listener>[0], string]>([
    ['says that it failed', 'message', { data: { tell: 'failed', message: 'out of memory' } }, 'out of memory'],
    ['is not understood', 'message', { data: { tell: 'engine', about: 3 } }, 'about: found 3, expected string'],
    ['cannot be read', 'messageerror', {}, 'what the worker of this page tells cannot be read'],
    ['throws', 'error', { message: 'x is not a function' }, 'x is not a function'],
    ['does not load', 'error', {}, 'the worker of this page does not load'],
  ])('a worker that %s refuses what was asked and what will be, all with one error', async (_, type, event, words) => {
    const outcomes = [lastValueFrom(feed.events$), feed.rollouts(0, 1), feed.command(0, { command: 'pause' })]
    const failures = outcomes.map((outcome) => outcome.catch((error: unknown) => error))
    listeners.get(type)!(event)
    tell({ tell: 'failed', message: 'and once more' })
    const later = feed.rollouts(0, 2).catch((error: unknown) => error)
    const [first, ...others] = await Promise.all([...failures, later])
    expect(first).toBeInstanceOf(Error)
    expect((first as Error).message).toContain(words)
    for (const other of others) expect(other).toBe(first)
    expect(posted).toHaveLength(2)
  })
})
