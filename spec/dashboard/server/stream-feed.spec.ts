import { EMPTY, NEVER, ReplaySubject, Subject } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { streamFeed } from '#dashboard/server/stream-feed.js'
import type { WatchedRun } from '#dashboard/server/watched-run.js'
import { runToWatch } from './test-dashboard.js'

/** Run whose mark changes only when the test emits one. */
const createRun = () => {
  const mark$ = new Subject<string>()
  let reads = 0
  const run: WatchedRun = {
    ...runToWatch('/nowhere'),
    state: () => Promise.resolve({ status: 'running', override: null }),
    lines: (_, start) => {
      reads++
      return Promise.resolve({ bytes: Buffer.alloc(0), next: start })
    },
    rollouts: () => Promise.resolve(null),
    mark: () => Promise.resolve('unchanged'),
    mark$,
  }
  return { run, mark$, reads: () => reads }
}

describe('streamFeed', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('sends a comment every 15 seconds', async () => {
    const feed = streamFeed([createRun().run], NEVER, NEVER)
    await feed.next()
    await feed.next()
    for (let beat = 0; beat < 2; beat++) {
      const next = feed.next()
      await vi.advanceTimersByTimeAsync(15_000)
      expect(await next).toEqual({ done: false, value: ':\n\n' })
    }
  })

  it('reads nothing while the mark stays the same', async () => {
    const { run, mark$, reads } = createRun()
    const feed = streamFeed([run], NEVER, NEVER)
    await feed.next()
    await feed.next()
    void feed.next()
    await vi.advanceTimersByTimeAsync(1000)
    const before = reads()
    for (let i = 0; i < 10; i++) mark$.next('unchanged')
    await vi.advanceTimersByTimeAsync(1000)
    expect(reads()).toBe(before)
    mark$.next('changed')
    await vi.advanceTimersByTimeAsync(1000)
    expect(reads()).toBe(before + 3)
  })

  it('reads nothing before it is pulled', async () => {
    const { run, reads } = createRun()
    const feed = streamFeed([run], NEVER, NEVER)
    await vi.advanceTimersByTimeAsync(60_000)
    await feed.next()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(reads()).toBe(0)
  })

  it('ends during a wait when its reader leaves, and unsubscribes from the mark', async () => {
    const { run, mark$ } = createRun()
    const left$ = new ReplaySubject<void>(1)
    const feed = streamFeed([run], NEVER, left$)
    await feed.next()
    await feed.next()
    const next = feed.next()
    await vi.advanceTimersByTimeAsync(1000)
    expect(mark$.observed).toBe(true)
    left$.next()
    expect(await next).toEqual({ done: true, value: undefined })
    expect(mark$.observed).toBe(false)
  })

  it('sends comments also without runs', async () => {
    const feed = streamFeed([], EMPTY, NEVER)
    expect((await feed.next()).value).toBe('data: {"event":"runs","runs":[]}\n\n')
    const next = feed.next()
    await vi.advanceTimersByTimeAsync(15_000)
    expect((await next).value).toBe(':\n\n')
  })
})
