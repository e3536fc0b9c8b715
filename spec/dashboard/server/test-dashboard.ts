import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { BehaviorSubject } from 'rxjs'
import { onTestFinished } from 'vitest'
import { orThrow } from '#lib/or-throw.js'
import type { FeedEvent } from '#dashboard/feed.js'
import { type Dashboard, type DashboardOptions, openDashboard } from '#dashboard/server/open-dashboard.js'
import type { RunToWatch } from '#dashboard/server/watched-run.js'
import type { RunCommand } from '#lib/control/run-command.js'
import type { RunState } from '#lib/control/run-state.js'
import { stepMetrics } from '#lib/run/step-metrics.js'
import { reportOf, secondsOf } from '../../lib/run/reports.js'
import { temporaryFolder } from '../../lib/run/temporary.js'

export const TOKEN = 'a-token-of-one-test'

/** Text of a log with these lines. */
export const linesOf = (values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('')

export const metricsOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => stepMetrics(reportOf(from + i, 0.5)))

/** Creates a run folder with so many steps in its logs. */
export const runFolder = async (steps: number): Promise<string> => {
  const folder = await temporaryFolder()
  await appendFile(join(folder, 'metrics.jsonl'), linesOf(metricsOf(0, steps)))
  await appendFile(join(folder, 'timings.jsonl'), linesOf(metricsOf(0, steps).map(({ step }) => secondsOf(step))))
  return folder
}

export const runToWatch = (folder: string, control: RunToWatch['control'] = null): RunToWatch => ({
  folder,
  about: { name: 'a-run', heading: 'grpo on countdown, seed 1', planned: 2, band: [{ low: 0.5, high: 0.6 }] },
  control,
})

/** Run control that records the commands. */
export const createTestControl = () => {
  const executed: RunCommand[] = []
  const state$ = new BehaviorSubject<RunState>({ status: 'running', override: null })
  return { executed, state$, execute: (command: RunCommand) => void executed.push(command), end: () => undefined }
}

/** Opens a dashboard with a page of two files; it is closed after the test. */
export const openTestDashboard = async (
  runs: readonly RunToWatch[],
  options: Partial<DashboardOptions> = {},
): Promise<Dashboard & { readonly at: URL }> => {
  const dashboard = await orThrow(
    openDashboard({ runs, host: '127.0.0.1', port: 0, token: TOKEN, page: await createPage(), ...options }),
  )
  onTestFinished(() => dashboard.close())
  return { ...dashboard, at: new URL(dashboard.url) }
}

const createPage = async (): Promise<string> => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>a page</title>')
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'assets', 'page.js'), 'export {}')
  return folder
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface RequestParts {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Sends a request with any headers: `fetch` does not allow another Host header. */
export const sendRequest = (
  at: URL,
  path: string,
  { method = 'GET', headers = {}, body }: RequestParts = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: at.hostname, port: at.port, path, method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })

export const authorization = { authorization: `Bearer ${TOKEN}` }

/** Sends text over a socket, and returns the answer when the server closes it. */
export const sendRaw = (at: URL, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(at.port), at.hostname, () => socket.write(text))
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => (answer += chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })

export interface Watcher {
  /** The next event. */
  readonly next: () => Promise<FeedEvent>
  /** Events until the condition holds, that one included. */
  readonly until: (holds: (event: FeedEvent) => boolean) => Promise<readonly FeedEvent[]>
  /** Events until the server ends the feed. */
  readonly rest: () => Promise<readonly FeedEvent[]>
  readonly socket: Socket
}

/** Reads the feed as it comes. `from` is a connection of which nothing was read yet. */
export const openWatcher = async (at: URL, from?: Socket, token = TOKEN): Promise<Watcher> => {
  const socket = from ?? (await requestFeed(at, token))
  onTestFinished(() => void socket.destroy())
  const events = eventsIn(socket)
  const next = async () => {
    const { done, value } = await events.next()
    if (done === true) throw new Error('the feed has ended')
    return value
  }
  const until = async (holds: (event: FeedEvent) => boolean) => {
    const seen: FeedEvent[] = []
    do seen.push(await next())
    while (!holds(seen.at(-1)!))
    return seen
  }
  const rest = async () => {
    const seen: FeedEvent[] = []
    for await (const event of { [Symbol.asyncIterator]: () => events }) seen.push(event)
    return seen
  }
  return { next, until, rest, socket }
}

/** Opens a connection that has requested the feed and reads nothing. */
export const requestFeed = async (at: URL, token = TOKEN): Promise<Socket> => {
  const socket = connect(Number(at.port), at.hostname)
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.pause()
  socket.write(`GET /api/feed?token=${token} HTTP/1.1\r\nhost: ${at.host}\r\n\r\n`)
  return socket
}

/** Decodes chunked HTTP: a head, then pieces, each after its length. */
const eventsIn = async function* (socket: Socket): AsyncGenerator<FeedEvent, void, void> {
  let wire = Buffer.alloc(0)
  let text = ''
  let inBody = false
  let isOver = false
  for await (const data of socket as AsyncIterable<Buffer>) {
    wire = Buffer.concat([wire, data])
    if (!inBody) {
      const head = wire.indexOf('\r\n\r\n')
      if (head === -1) continue
      if (!wire.toString('latin1', 0, head).startsWith('HTTP/1.1 200 ')) throw new Error(wire.toString())
      wire = wire.subarray(head + 4)
      inBody = true
    }
    for (let line = wire.indexOf('\r\n'); line !== -1; line = wire.indexOf('\r\n')) {
      const size = Number.parseInt(wire.toString('latin1', 0, line), 16)
      isOver = size === 0
      if (isOver || wire.length < line + 2 + size + 2) break
      // A carriage return ends a line of a feed, too.
      text += wire.toString('utf8', line + 2, line + 2 + size).replaceAll('\r', '\n')
      wire = wire.subarray(line + 2 + size + 2)
    }
    const messages = text.split('\n\n')
    text = messages.pop()!
    for (const message of messages) {
      const data = message.split('\n').filter((line) => line.startsWith('data: '))
      if (data.length > 0) yield JSON.parse(data.map((line) => line.slice('data: '.length)).join('\n')) as FeedEvent
    }
    if (isOver) return
  }
}

/** Steps in the metrics lines of events. */
export const stepsIn = (events: readonly FeedEvent[], run = 0): readonly number[] =>
  events.flatMap((event) =>
    event.event === 'log' && event.log === 'metrics' && event.run === run ? event.lines.map(({ step }) => step) : [],
  )

/** Whether an event has the metrics line of a step. */
export const hasStep =
  (step: number) =>
  (event: FeedEvent): boolean =>
    stepsIn([event]).includes(step)

export const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)
