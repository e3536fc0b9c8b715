import { EMPTY, NEVER, ReplaySubject, Subject } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { streamFeed } from '#dashboard/server/stream-feed.js'
import type { WatchedRun } from '#dashboard/server/watched-run.js'
import { runToWatch } from './test-dashboard.js'

/** A run in which nothing happens but what the test makes happen. */
const aRun = () => {
  const mark$ = new Subject<string>()
  let looks = 0
  const run: WatchedRun = {
    ...runToWatch('/nowhere'),
    state: () => Promise.resolve({ status: 'running', override: null }),
    lines: (_, start) => {
      looks++
      return Promise.resolve({ bytes: Buffer.alloc(0), next: start })
    },
    rollouts: () => Promise.resolve(null),
    mark: () => Promise.resolve('as it was'),
    mark$,
  }
  return { run, mark$, looks: () => looks }
}

describe('feedText', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('says now and then that it is still there', async () => {
    const feed = streamFeed([aRun().run], NEVER, NEVER)
    await feed.next()
    await feed.next()
    for (let beat = 0; beat < 2; beat++) {
      const next = feed.next()
      await vi.advanceTimersByTimeAsync(15_000)
      expect(await next).toEqual({ done: false, value: ':\n\n' })
    }
  })

  it('reads nothing while nothing is written, however often it is looked', async () => {
    const { run, mark$, looks } = aRun()
    const feed = streamFeed([run], NEVER, NEVER)
    await feed.next()
    await feed.next()
    void feed.next()
    await vi.advanceTimersByTimeAsync(1000)
    const before = looks()
    for (let i = 0; i < 10; i++) mark$.next('as it was')
    await vi.advanceTimersByTimeAsync(1000)
    expect(looks()).toBe(before)
    mark$.next('another')
    await vi.advanceTimersByTimeAsync(1000)
    expect(looks()).toBe(before + 3)
  })

  it('reads nothing before it is asked', async () => {
    const { run, looks } = aRun()
    const feed = streamFeed([run], NEVER, NEVER)
    await vi.advanceTimersByTimeAsync(60_000)
    await feed.next()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(looks()).toBe(0)
  })

  it('ends while it waits when its reader leaves, and looks at nothing any more', async () => {
    const { run, mark$ } = aRun()
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

  it('waits for no run where there is none', async () => {
    const feed = streamFeed([], EMPTY, NEVER)
    expect((await feed.next()).value).toBe('data: {"event":"runs","runs":[]}\n\n')
    const next = feed.next()
    await vi.advanceTimersByTimeAsync(15_000)
    expect((await next).value).toBe(':\n\n')
  })
})
