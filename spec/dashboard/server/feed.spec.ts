import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { appendFile, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { FeedEvent } from '#dashboard/feed.js'
import type { RunServer, RunState } from '#lib/control/run-state.js'
import { orThrow } from '#lib/or-throw.js'
import { writeRunServers } from '#lib/run/run-servers.js'
import { stepRollouts } from '#lib/run/step-rollouts.js'
import { PATIENCE } from '../../patience.js'
import { reportOf } from '../../lib/run/reports.js'
import {
  createTestControl,
  sendRequest,
  requestFeed,
  authorization,
  hasStep,
  linesOf,
  metricsOf,
  openTestDashboard,
  range,
  runFolder,
  stepsIn,
  TOKEN,
  openWatcher,
  runToWatch,
} from './test-dashboard.js'

const grow = (folder: string, from: number, to: number) =>
  appendFile(join(folder, 'metrics.jsonl'), linesOf(metricsOf(from, to)))

/** Sockets of the server for the connections that are made from now on. */
const serverSockets = (): readonly Socket[] => {
  const sockets: Socket[] = []
  const onRequest = (message: unknown) => void sockets.push((message as { socket: Socket }).socket)
  subscribe('http.server.request.start', onRequest)
  onTestFinished(() => void unsubscribe('http.server.request.start', onRequest))
  return sockets
}

const aServer: RunServer = {
  ...{ name: 'http://a:8000', work: 'samples', state: 'ready', version: 3, tokensPerSecond: 120.5, waiting: 2 },
}

describe('the feed', () => {
  it('sends the servers of a run with its state: each change of them, and the last one when the run is over', async () => {
    const folder = await runFolder(1)
    await orThrow(writeRunServers(folder, [aServer]))
    const { at } = await openTestDashboard([runToWatch(folder)])
    const { until } = await openWatcher(at)
    const stateWith = (holds: (state: RunState) => boolean) => (event: FeedEvent) =>
      event.event === 'state' && holds(event.state)
    const first = await until(stateWith(({ servers }) => servers !== undefined))
    expect(first.at(-1)).toEqual({
      event: 'state',
      run: 0,
      state: { status: 'running', override: null, servers: [aServer] },
    })
    const away: RunServer = { ...aServer, state: 'away' }
    await orThrow(writeRunServers(folder, [away]))
    await until(stateWith(({ servers }) => servers?.[0]?.state === 'away'))
    await writeFile(join(folder, 'summary.json'), '{"status":"failed"}')
    const over = await until(stateWith(({ status }) => status === 'failed'))
    expect(over.at(-1)).toMatchObject({ state: { servers: [away] } })
  })

  it('sends all runs, then the lines of their logs, then new lines', async () => {
    const [one, two] = [await runFolder(2), await runFolder(0)]
    const control = createTestControl()
    const { at } = await openTestDashboard([runToWatch(one, control), runToWatch(two)])
    const { next, until } = await openWatcher(at)
    const about = { ...runToWatch(one).about, band: [{ step: 0, band: { low: 0.5, high: 0.6 } }] }
    expect(await next()).toEqual({
      event: 'runs',
      runs: [
        { run: 0, ...about, folder: one, steerable: true },
        { run: 1, ...about, folder: two, steerable: false },
      ],
    })
    expect(await next()).toEqual({ event: 'state', run: 0, state: { status: 'running', override: null } })
    expect(await next()).toEqual({ event: 'log', run: 0, log: 'metrics', lines: metricsOf(0, 2) })
    expect(await next()).toMatchObject({ event: 'log', run: 0, log: 'timings', lines: [{ step: 0 }, { step: 1 }] })
    expect(await next()).toMatchObject({ event: 'state', run: 1 })
    await grow(two, 0, 1)
    expect(await next()).toEqual({ event: 'log', run: 1, log: 'metrics', lines: metricsOf(0, 1) })
    await appendFile(join(one, 'evaluations.jsonl'), '{"step":0}\n')
    expect(await next()).toEqual({ event: 'log', run: 0, log: 'evaluations', lines: [{ step: 0 }] })
    await grow(one, 2, 3)
    expect(stepsIn(await until(hasStep(2)))).toEqual([2])
  })

  it('is the same for a second tab, and after a reload', async () => {
    const folder = await runFolder(1200)
    const { at } = await openTestDashboard([runToWatch(folder)])
    const whole = async () => {
      const { until, socket } = await openWatcher(at)
      const events = await until(hasStep(1199))
      socket.destroy()
      return events
    }
    const [first, second] = await Promise.all([whole(), whole()])
    expect(stepsIn(first)).toEqual(range(1200))
    expect(second).toEqual(first)
    expect(await whole()).toEqual(first)
  })

  it('comes in pieces of at most 100 lines', async () => {
    const folder = await runFolder(1200)
    const { at } = await openTestDashboard([runToWatch(folder)])
    const events = await (await openWatcher(at)).until(hasStep(1199))
    for (const event of events) {
      if (event.event !== 'log') continue
      expect(event.lines.length).toBeLessThanOrEqual(100)
      expect(JSON.stringify(event).length).toBeLessThan(2 ** 18 + 100)
    }
  })

  it('sends a line when it is complete', async () => {
    const folder = await runFolder(1)
    const { at } = await openTestDashboard([runToWatch(folder)])
    const { next, until } = await openWatcher(at)
    await until((event) => event.event === 'log' && event.log === 'timings')
    const line = linesOf(metricsOf(1, 2))
    await appendFile(join(folder, 'metrics.jsonl'), line.slice(0, 100))
    // The timings come after the metrics, so a piece of the metrics line would be here before.
    await appendFile(join(folder, 'timings.jsonl'), '{"step":1}\n')
    expect(await next()).toMatchObject({ log: 'timings' })
    await appendFile(join(folder, 'metrics.jsonl'), line.slice(100))
    expect(await next()).toEqual({ event: 'log', run: 0, log: 'metrics', lines: metricsOf(1, 2) })
  })

  it('accepts line ends of other systems, and empty lines', async () => {
    const folder = await runFolder(0)
    await writeFile(join(folder, 'metrics.jsonl'), linesOf(metricsOf(0, 3)).replaceAll('\n', '\r\n\r\n\n'))
    const { at } = await openTestDashboard([runToWatch(folder)])
    expect(stepsIn(await (await openWatcher(at)).until(hasStep(2)))).toEqual([0, 1, 2])
  })

  it('sends the override, and how the run ended', async () => {
    const folder = await runFolder(0)
    const control = createTestControl()
    const { at } = await openTestDashboard([runToWatch(folder, control)])
    const { next, until } = await openWatcher(at)
    await until(({ event }) => event === 'state')
    const points = [{ step: 3, band: { low: 0.1, high: 0.2 } }]
    control.state$.next({ status: 'paused', override: points })
    expect(await next()).toEqual({ event: 'state', run: 0, state: { status: 'paused', override: points } })
    await writeFile(join(folder, 'summary.json'), JSON.stringify({ status: 'finished' }))
    expect(await next()).toEqual({ event: 'state', run: 0, state: { status: 'finished', override: points } })
    // The summary is written again after the last evaluation; here its size stays the same.
    await writeFile(
      join(folder, 'summary.json'),
      JSON.stringify({ status: 'failed' }).padEnd('{"status":"finished"}'.length),
    )
    expect(await next()).toMatchObject({ event: 'state', state: { status: 'failed' } })
    const late = await openWatcher(at)
    expect((await late.until(({ event }) => event === 'state')).at(-1)).toMatchObject({ state: { status: 'failed' } })
  })

  it('sends the rollouts of the last step when the run is over', async () => {
    const folder = await runFolder(3)
    const kept = range(3).map((step) => ({ step, scoreMethod: 'exact', rollouts: [] }))
    await writeFile(join(folder, 'rollouts.jsonl'), linesOf(kept))
    const { at } = await openTestDashboard([runToWatch(folder)])
    const { until } = await openWatcher(at)
    await until((event) => event.event === 'log' && event.log === 'timings')
    await writeFile(join(folder, 'summary.json'), JSON.stringify({ status: 'finished' }))
    expect((await until(({ event }) => event === 'rollouts')).at(-1)).toEqual({
      event: 'rollouts',
      run: 0,
      rollouts: kept[2],
    })
    const late = await openWatcher(at)
    expect(await late.until(({ event }) => event === 'rollouts')).toHaveLength(5)
  })

  it('continues with a folder that is missing or was removed', async () => {
    const [gone, here] = [await runFolder(3), await runFolder(0)]
    const { at } = await openTestDashboard([runToWatch(gone), runToWatch(join(here, 'later')), runToWatch(here)])
    const { until } = await openWatcher(at)
    await until(hasStep(2))
    await rm(gone, { recursive: true })
    await grow(here, 0, 1)
    expect((await until((event) => event.event === 'log' && event.run === 2)).at(-1)).toMatchObject({
      lines: [{ step: 0 }],
    })
    expect(stepsIn(await (await openWatcher(at)).until((event) => event.event === 'log'), 0)).toEqual([])
  })

  it('allows 512 readers at the same time', async () => {
    const { at } = await openTestDashboard([runToWatch(await runFolder(1))])
    const open = await Promise.all(range(512).map(() => openWatcher(at)))
    await Promise.all(open.map(({ next }) => next()))
    const another = () => sendRequest(at, `/api/feed?token=${TOKEN}`)
    expect(await another()).toMatchObject({
      status: 503,
      body: '{"error":"found 512 feeds open, expected fewer: close some pages"}',
    })
    // A rejected request does not count as a reader.
    for (const method of ['HEAD', 'OPTIONS'])
      expect((await sendRequest(at, `/api/feed?token=${TOKEN}`, { method })).status).toBe(405)
    open[7]!.socket.destroy()
    await vi.waitFor(async () => expect((await (await openWatcher(at)).next()).event).toBe('runs'), PATIENCE)
    expect((await another()).status).toBe(503)
  })

  it('stops looking at the folder when all readers have left', async () => {
    const control = createTestControl()
    const { at } = await openTestDashboard([runToWatch(await runFolder(1), control)])
    const watchers = [await openWatcher(at), await openWatcher(at)]
    for (const { until } of watchers) await until((event) => event.event === 'log' && event.log === 'timings')
    await vi.waitFor(() => expect(control.state$.observed).toBe(true), PATIENCE)
    for (const { socket } of watchers) socket.destroy()
    await vi.waitFor(() => expect(control.state$.observed).toBe(false), PATIENCE)
  })

  it('begins again when a log was replaced by a shorter one', async () => {
    const folder = await runFolder(5)
    const { at } = await openTestDashboard([runToWatch(folder)])
    const { until } = await openWatcher(at)
    await until(hasStep(4))
    await writeFile(join(folder, 'metrics.jsonl'), linesOf(metricsOf(0, 2)))
    const events = await until(hasStep(1))
    expect(events.map(({ event }) => event)).toContain('runs')
    expect(stepsIn(events)).toEqual([0, 1])
  })

  it('sends the remaining lines when the server closes, and ends', async () => {
    const folder = await runFolder(1)
    const { at, close } = await openTestDashboard([runToWatch(folder)])
    const { until, rest } = await openWatcher(at)
    await until((event) => event.event === 'log' && event.log === 'timings')
    await grow(folder, 1, 3)
    await writeFile(join(folder, 'summary.json'), JSON.stringify({ status: 'finished' }))
    const [events] = await Promise.all([rest(), close()])
    expect(stepsIn(events)).toEqual([1, 2])
    expect(events).toContainEqual({ event: 'state', run: 0, state: { status: 'finished', override: null } })
    await expect(sendRequest(at, '/')).rejects.toThrow('ECONNREFUSED')
  })
})

describe('a reader that reads nothing', () => {
  /** Lines that are too large for the buffers of a connection. */
  const wide = (from: number, to: number) =>
    linesOf(metricsOf(from, to).map((line) => ({ ...line, text: 'x'.repeat(1e5) })))
  const openStalled = async () => {
    const folder = await runFolder(0)
    await writeFile(join(folder, 'metrics.jsonl'), wide(0, 80))
    const dashboard = await openTestDashboard([runToWatch(folder)])
    const sockets = serverSockets()
    const stalled = await requestFeed(dashboard.at)
    await vi.waitFor(() => expect(sockets[0]?.writableLength).toBeGreaterThan(0), PATIENCE)
    return { ...dashboard, folder, stalled, socket: sockets[0]! }
  }

  it('costs the server one event, does not delay others, and continues with the latest lines', async () => {
    const { at, folder, stalled, socket } = await openStalled()
    // Another reader gets all lines meanwhile, also those that are written now.
    const { until } = await openWatcher(at)
    expect(stepsIn(await until(hasStep(79)))).toEqual(range(80))
    for (let from = 80; from < 240; from += 40) {
      await appendFile(join(folder, 'metrics.jsonl'), wide(from, from + 40))
      await until(hasStep(from + 39))
    }
    expect(socket.writableLength).toBeLessThan(2 ** 19)
    const late = await openWatcher(at, stalled)
    const steps = stepsIn(await late.until(hasStep(239)))
    expect(steps).toEqual(steps.toSorted((a, b) => a - b))
    expect(steps.length).toBeLessThan(200)
  })

  it('does not prevent the server from closing', async () => {
    const { close, cutOff, socket } = await openStalled()
    expect(cutOff()).toBe(0)
    await close()
    expect(socket.destroyed).toBe(true)
    expect(cutOff()).toBe(1)
  })
})

describe('rollouts', () => {
  const decode = (ids: ArrayLike<number>) => Array.from(ids, (id) => `<${id}>`).join('')
  const kept = [0, 5].map((step) => stepRollouts(reportOf(step, 0.5), { decode } as never))

  it('are those of the requested step', async () => {
    const folder = await runFolder(0)
    const { at } = await openTestDashboard([runToWatch(folder)])
    const rolloutsOf = (step: string) => sendRequest(at, `/api/runs/0/rollouts/${step}`, { headers: authorization })
    expect(await rolloutsOf('0')).toMatchObject({ status: 404 })
    await writeFile(join(folder, 'rollouts.jsonl'), linesOf(kept))
    const { status, headers, body } = await rolloutsOf('5')
    expect([status, headers['content-type'], JSON.parse(body)]).toEqual([200, 'application/json', kept[1]])
    expect(JSON.parse((await rolloutsOf('0')).body)).toEqual(kept[0])
    for (const step of ['1', '-1', '5.0', '0x5', 'constructor', '9'.repeat(400)]) {
      const answer = await rolloutsOf(step)
      expect([step, answer.status]).toEqual([step, 404])
      expect(answer.body).toContain('found no rollouts, expected a step with kept rollouts')
    }
    expect((await sendRequest(at, '/api/runs/1/rollouts/5', { headers: authorization })).status).toBe(404)
    expect((await sendRequest(at, '/api/runs/..%2f0/rollouts/5', { headers: authorization })).status).toBe(404)
  })
})
