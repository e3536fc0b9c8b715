import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { appendFile, writeFile } from 'node:fs/promises'
import { getRequestListener } from '@hono/node-server'
import { EMPTY, NEVER, type Observable, ReplaySubject, Subject } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createDashboardApp } from '#dashboard/server/app.js'
import { createSharedFeed } from '#dashboard/server/shared-feed.js'
import { createViewers } from '#dashboard/server/viewers.js'
import { type WatchedRun, watchRun } from '#dashboard/server/watched-run.js'
import { cosineBand, piecewiseBand } from '#algorithms.js'
import {
  hasStep,
  linesOf,
  metricsOf,
  openWatcher,
  range,
  runFolder,
  runToWatch,
  stepsIn,
  TOKEN,
} from './test-dashboard.js'

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
    edition: () => Promise.resolve('unchanged'),
    rollouts: () => Promise.resolve(null),
    mark: () => Promise.resolve('unchanged'),
    mark$,
  }
  return { run, mark$, reads: () => reads }
}

const stream = (run: WatchedRun, left$: Observable<void> = NEVER) => createSharedFeed([run]).stream(NEVER, left$)
const decode = (bytes: unknown) => new TextDecoder().decode(bytes as Uint8Array)

describe('the shared feed', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('sends a comment every 15 seconds', async () => {
    const feed = stream(createRun().run)
    await feed.next()
    await feed.next()
    for (let beat = 0; beat < 2; beat++) {
      const next = feed.next()
      await vi.advanceTimersByTimeAsync(15_000)
      expect(decode((await next).value)).toBe(':\n\n')
    }
  })

  it('reads nothing while the mark stays the same', async () => {
    const { run, mark$, reads } = createRun()
    const feed = stream(run)
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
    const feed = stream(run)
    await vi.advanceTimersByTimeAsync(60_000)
    await feed.next()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(reads()).toBe(0)
  })

  it('ends during a wait when its reader leaves, and unsubscribes from the mark', async () => {
    const { run, mark$ } = createRun()
    const left$ = new ReplaySubject<void>(1)
    const feed = stream(run, left$)
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
    const feed = createSharedFeed([]).stream(EMPTY, NEVER)
    expect(decode((await feed.next()).value)).toBe('data: {"event":"runs","runs":[]}\n\n')
    const next = feed.next()
    await vi.advanceTimersByTimeAsync(15_000)
    expect(decode((await next).value)).toBe(':\n\n')
  })
})

describe('the first event', () => {
  const from = { low: 0.123456789012345, high: 0.6234567890123456 }
  const to = { low: 0.1, high: 0.2 }
  const planned = 100_000
  const corners = (every: number) => range(5000).map((i) => ({ step: every * i, band: i % 2 === 0 ? from : to }))

  it.each([
    ['a run with a cosine over 100,000 steps', 1, cosineBand({ from, to, steps: planned }), planned],
    ['a run with 5,000 corners', 1, piecewiseBand(corners(20)), planned],
    ['100 runs with 5,000 corners', 100, piecewiseBand(corners(1)), 5000],
  ])('is smaller than 100 kB for %s', async (_, count, band, planned) => {
    const run: WatchedRun = { ...createRun().run, about: { ...runToWatch('').about, planned, band } }
    const { value } = await createSharedFeed(range(count).map(() => run))
      .stream(NEVER, NEVER)
      .next()
    expect((value as Uint8Array).length).toBeLessThan(100_000)
  })
})

describe('50 connections', () => {
  /** Serves a run, and counts its reads and the events that were made. */
  const serveCounted = async (folder: string) => {
    let reads = 0
    const watched = watchRun(runToWatch(folder))
    const counted: WatchedRun = {
      ...watched,
      lines: async (log, start) => {
        const lines = await watched.lines(log, start)
        if (lines.bytes.length > 0) reads++
        return lines
      },
    }
    const closing$ = new Subject<void>()
    const page = new Map<string, never>()
    const viewers = createViewers(closing$)
    const app = createDashboardApp({ runs: [counted], page, token: TOKEN, hosts: null, closing$, viewers })
    const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false })
    const server = createServer((incoming, outgoing) => void answer(incoming, outgoing))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.close().closeAllConnections()
    })
    return { at: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), reads: () => reads }
  }

  it('cost the reads and the events of one, and each gets a bounded history of a long run', async () => {
    const folder = await runFolder(0)
    const total = 20_000
    await writeFile(join(folder, 'metrics.jsonl'), linesOf(metricsOf(0, total)))
    const { at, reads } = await serveCounted(folder)
    const concat = vi.spyOn(Buffer, 'concat')
    onTestFinished(() => concat.mockRestore())
    const eventsMade = () =>
      concat.mock.calls.filter(([parts]) => new TextDecoder().decode(parts[0]).startsWith('data: {"event":"log"'))
        .length

    const first = await openWatcher(at)
    const steps = stepsIn(await first.until(hasStep(total - 1)))
    expect(steps.length).toBeLessThanOrEqual(2000)
    const cost = { reads: reads(), events: eventsMade() }
    expect(cost.events).toBeLessThanOrEqual(21)

    const others = await Promise.all(range(49).map(() => openWatcher(at)))
    for (const seen of await Promise.all(others.map(({ until }) => until(hasStep(total - 1)))))
      expect(stepsIn(seen)).toEqual(steps)
    expect({ reads: reads(), events: eventsMade() }).toEqual(cost)

    await appendFile(join(folder, 'metrics.jsonl'), linesOf(metricsOf(total, total + 1)))
    await Promise.all([first, ...others].map(({ until }) => until(hasStep(total))))
    expect({ reads: reads(), events: eventsMade() }).toEqual({ reads: cost.reads + 1, events: cost.events + 1 })
  })
})
