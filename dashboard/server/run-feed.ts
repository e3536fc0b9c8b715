import { exhaustMap, filter, map, type Observable, share } from 'rxjs'
import { isOver } from '../../lib/control/run-state.js'
import type { FeedEvent, Logs } from '../feed.js'
import { createLogHistory, type LogHistory } from './log-history.js'
import { lastStepIn } from './step-lines.js'
import { logNames, type WatchedRun } from './watched-run.js'

/** Contents of a run folder in memory, as events. All pages share the reads and the events. */
export interface RunFeed {
  /** Reads the changes of the folder. Calls at the same time share one read, which begins after each of them. */
  readonly refresh: () => Promise<void>
  /** Number of reads so far. */
  readonly revision: () => number
  /** Emits after each read that was caused by a change of the folder or of the run. The folder is checked while subscribed. */
  readonly news$: Observable<void>
  /** Event with the state of the run; the same bytes while the state stays the same. */
  readonly state: () => Uint8Array
  /** Event with the rollouts of the last step of a run that is over; undefined if it is not over, or kept none. */
  readonly finalRollouts: () => Uint8Array | undefined
  readonly logs: { readonly [L in keyof Logs]: LogHistory }
  /** Changes when the logs were cut or replaced, so that their positions are of other lines. */
  readonly edition: () => number
}

/** Encodes an event as a server-sent event. */
export const encodeEvent = (event: FeedEvent): Uint8Array => encodeText(JSON.stringify(event))

const encodeText = (json: string): Uint8Array => new TextEncoder().encode(`data: ${json}\n\n`)

/** Creates the feed of a run, which is the `run`-th of its dashboard. */
export const createRunFeed = (watched: WatchedRun, run: number): RunFeed => {
  const logs = createLogs(run)
  const next: Record<keyof Logs, number> = { metrics: 0, timings: 0, evaluations: 0 }
  let mark: string | undefined
  let readEdition: string | undefined
  let state = noState
  let finalRollouts: Uint8Array | undefined
  let lastStep: number | undefined
  let edition = 0
  let revision = 0

  const beginAgain = (log: keyof Logs): void => {
    edition++
    logs[log] = createLogHistory(run, log)
    next[log] = 0
  }
  const readLog = async (log: keyof Logs): Promise<void> => {
    for (;;) {
      const lines = await watched.lines(log, next[log])
      if (lines.next === next[log]) return
      if (lines.next < next[log]) beginAgain(log)
      logs[log].append(lines.bytes)
      if (log === 'metrics') lastStep = lastStepIn(lines) ?? lastStep
      next[log] = lines.next
    }
  }
  /** The mark and the state are read first: a later change has another mark, and the logs of a run that is over are complete. */
  const read = async (): Promise<void> => {
    mark = await watched.mark()
    const found = await watched.edition()
    if (found !== (readEdition ??= found)) {
      readEdition = found
      logNames.forEach(beginAgain)
      // The rollouts of the last step may be others, although the state is the same.
      state = noState
    }
    const now = await watched.state()
    for (const log of logNames) await readLog(log)
    const text = JSON.stringify(now)
    if (text !== state.text) {
      state = { text, event: encodeEvent({ event: 'state', run, state: now }) }
      finalRollouts = isOver(now) ? await readFinalRollouts() : undefined
    }
    revision++
  }
  /** A line of the log is JSON and needs no encoding. */
  const readFinalRollouts = async (): Promise<Uint8Array | undefined> => {
    const line = lastStep === undefined ? null : await watched.rollouts(lastStep)
    return line === null ? undefined : encodeText(`{"event":"rollouts","run":${run},"rollouts":${line}}`)
  }
  const refresh = shareNext(read)
  return {
    refresh,
    news$: watched.mark$.pipe(
      filter((found) => found !== mark),
      exhaustMap(refresh),
      map(() => undefined),
      share(),
    ),
    state: () => state.event,
    finalRollouts: () => finalRollouts,
    logs,
    edition: () => edition,
    revision: () => revision,
  }
}

const noState: { readonly text: string; readonly event: Uint8Array } = { text: '', event: new Uint8Array() }

const createLogs = (run: number): Record<keyof Logs, LogHistory> => ({
  metrics: createLogHistory(run, 'metrics'),
  timings: createLogHistory(run, 'timings'),
  evaluations: createLogHistory(run, 'evaluations'),
})

/** Returns a function whose calls share one run of the work. A call during a run waits for it, and shares the next one. */
const shareNext = (work: () => Promise<void>): (() => Promise<void>) => {
  let running: Promise<void> | undefined
  let waiting: Promise<void> | undefined
  const start = () => {
    running = work().finally(() => (running = undefined))
    return running
  }
  return () => {
    if (running === undefined) return start()
    waiting ??= running
      .catch(() => undefined)
      .then(() => {
        waiting = undefined
        return start()
      })
    return waiting
  }
}
