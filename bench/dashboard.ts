/**
 * Cost of watchers for a run: step time of the default job without watchers and with three watchers of one kind, in turns
 * within one run. Before that: the time in which many clients get the feed of a long run.
 *
 *     npm run bench -- dashboard [--engine NAME]
 *
 * The rows with browser tabs need the variable CHROMIUM: the path of Chromium.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { from, ignoreElements, Subscription, using } from 'rxjs'
import { trainDefaults } from '../cli/config/train-config.js'
import { emptyView } from '../cli/display/view.js'
import { followRun } from '../cli/training/follow-run.js'
import { aboutRun } from '../cli/watching/run-to-watch.js'
import { createSteering } from '../cli/training/open-run.js'
import { loadTrainedModel, trainingSteps } from '../cli/training/training-steps.js'
import { openDashboard } from '../dashboard/server/open-dashboard.js'
import { checkpointPath, readModel } from '../lib/model/model-file.js'
import { orThrow } from '../lib/or-throw.js'
import { numbersOf } from '../lib/run/column.js'
import { tasks } from '../lib/task/index.js'
import { type Bench, type Cell, openBenchEngine } from './bench.js'
import { measureClients } from './dashboard-clients.js'
import { median } from './measure.js'

const WATCHERS = 3
/** Steps in a turn. */
const TURN = 10
/** Turns of each kind. */
const ROUNDS = 12
/** Unmeasured steps, in which programs are compiled and the log gets its first lines. */
const WARMUP = 30
/** Time in which a page opens and reads the log so far. @units ms */
const SETTLE = 2000

/** Opens the watchers of one kind; returns a function that closes them. */
type Kind = (url: URL) => Promise<() => unknown>

const noWatchers: Kind = () => Promise.resolve(() => undefined)

const openClients =
  (take: (socket: Socket) => void): Kind =>
  (url) => {
    const sockets = Array.from({ length: WATCHERS }, () => {
      const socket = connect(Number(url.port), url.hostname)
      take(socket)
      socket.write(`GET /api/feed?token=${url.hash.slice(1)} HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`)
      return socket
    })
    return Promise.resolve(() => sockets.forEach((socket) => socket.destroy()))
  }

/** Tabs of one window, of which only the front one is drawn. */
const openTabs =
  (executablePath: string): Kind =>
  async (url) => {
    const profile = await mkdtemp(join(tmpdir(), 'chromium-'))
    const own = ['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0']
    const browser = spawn(executablePath, [...own, `--user-data-dir=${profile}`], { stdio: 'ignore' })
    const debuggerUrl = await findDebugger(profile)
    for (let tab = 0; tab < WATCHERS; tab++)
      await fetch(`${debuggerUrl}/json/new?${encodeURIComponent(url.href)}`, { method: 'PUT' })
    return async () => {
      browser.kill()
      await once(browser, 'exit')
      await rm(profile, { recursive: true, maxRetries: 5, retryDelay: 200 })
    }
  }

/** Returns the address of the debugger of a browser, which it writes into its profile when it has started. */
const findDebugger = async (profile: string): Promise<string> => {
  for (let tries = 0; tries < 100; tries++) {
    const [port] = (await readFile(join(profile, 'DevToolsActivePort'), 'utf8').catch(() => '')).split('\n')
    if (port !== undefined && port !== '') return `http://127.0.0.1:${port}`
    await delay(100)
  }
  throw new Error('the browser did not start')
}

const executable = process.env['CHROMIUM']

const kinds: readonly (readonly [name: string, kind: Kind | null])[] = [
  ['clients that read', openClients((socket) => socket.resume())],
  ['clients that never read', openClients((socket) => socket.pause())],
  ['tabs of Chromium', executable === undefined ? null : openTabs(executable)],
]

export const dashboardBench: Bench = async function* (options) {
  yield await measureClients()
  const engine = await openBenchEngine(options)
  const measured = kinds.flatMap(([, kind]) => (kind === null ? [] : [noWatchers, kind]))
  const turns = Array.from({ length: ROUNDS }, () => measured).flat()
  const config = { ...trainDefaults, steps: WARMUP + turns.length * TURN }
  const task = tasks[config.task].create()
  const model = await loadTrainedModel(config, task, await orThrow(readModel(checkpointPath(config.model))), engine)
  const steering = createSteering(config)
  const folder = await mkdtemp(join(tmpdir(), 'entrain-'))
  const about = aboutRun(folder, config)
  const { url, close } = await orThrow(openDashboard({ runs: [{ folder, about, control: null }] }))

  let leave = await noWatchers(new URL(url))
  const nextTurn = async (turn: number) => {
    await leave()
    leave = await (turns[turn] ?? noWatchers)(new URL(url))
    await delay(SETTLE)
  }
  // Watchers change between two steps, so that the change is in no measured time.
  const afterStep = (done: number) =>
    using(
      () => new Subscription(steering.gate.hold({ updates: true })),
      () =>
        from(done >= WARMUP && (done - WARMUP) % TURN === 0 ? nextTurn((done - WARMUP) / TURN) : []).pipe(
          ignoreElements(),
        ),
    )
  const { view, failure } = await followRun(
    trainingSteps(config, task, model, steering),
    folder,
    emptyView(about.heading, config.steps),
    () => undefined,
    { tokenizer: task.tokenizer, afterStep },
  )
  await leave()
  await close()
  await model.close()
  await engine.close()
  await rm(folder, { recursive: true })
  if (failure !== null) throw failure.error

  const seconds = turns.map((_, turn) =>
    median([
      ...numbersOf(view.history.stepSeconds)
        .subarray(WARMUP + turn * TURN)
        .subarray(0, TURN),
    ]),
  )
  yield {
    title: `A step of the default job, with ${WATCHERS} watchers, and in the turn of ${TURN} steps before without watchers: medians of ${ROUNDS} turns`,
    heading: ['watchers', 's', 'without watchers, s', 'ratio'],
    rows: kinds.map(([name, kind]): readonly Cell[] => {
      if (kind === null) return [name, 'no CHROMIUM', '–', '–']
      // Each turn is compared with the one before, because the load of the machine changes.
      const pairs = turns.flatMap((each, turn) =>
        each === kind ? [[seconds[turn]!, seconds[turn - 1]!] as const] : [],
      )
      const medianOf = (part: (watched: number, alone: number) => number) => median(pairs.map(([a, b]) => part(a, b)))
      return [
        name,
        medianOf((watched) => watched),
        medianOf((_, alone) => alone),
        medianOf((watched, alone) => watched / alone),
      ]
    }),
  }
}
