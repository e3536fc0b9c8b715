import { firstValueFrom, filter, map, merge, type Observable, timer } from 'rxjs'
import type { FeedEvent, Logs, RunInfo } from '../feed.js'
import { logNames, type WatchedRun } from './watched-run.js'

/** Time after which a silent feed sends a comment, so that no proxy closes the connection. @units ms */
const HEARTBEAT_EVERY = 15_000

/** Event that ends the wait for changes; `left` means that the reader has disconnected. */
type Cause = 'news' | 'silence' | 'closing' | 'left'

/**
 * Streams the feed of runs as server-sent events, each a {@link FeedEvent} in JSON: first all runs, then the lines of their
 * logs, then lines as they are added. The reader pulls it: nothing is read before the last event was taken. When `closing$`
 * emits, it sends the remaining lines and ends; when `left$` emits, it ends at once.
 *
 * @errors those of {@link WatchedRun}
 */
export const streamFeed = async function* (
  runs: readonly WatchedRun[],
  closing$: Observable<void>,
  left$: Observable<void>,
): AsyncGenerator<string, void, void> {
  yield dataOf({ event: 'runs', runs: runs.map(infoOf) })
  const followers = runs.map(createFollower)
  for (let cause: Cause = 'news'; cause !== 'left';) {
    const marks = await Promise.all(runs.map((run) => run.mark()))
    for (const news of followers) yield* news()
    if (cause === 'closing') return
    cause = await firstValueFrom(
      merge(
        left$.pipe(map((): Cause => 'left')),
        closing$.pipe(map((): Cause => 'closing')),
        ...runs.map((run, i) =>
          run.mark$.pipe(
            filter((mark) => mark !== marks[i]),
            map((): Cause => 'news'),
          ),
        ),
        timer(HEARTBEAT_EVERY).pipe(map((): Cause => 'silence')),
      ),
    )
    if (cause === 'silence') yield ':\n\n'
  }
}

const infoOf = ({ about, control }: WatchedRun, run: number): RunInfo => ({
  run,
  ...about,
  steerable: control !== null,
})

/** Returns a generator of the events of a run that were not sent yet: its state if it has changed, and new log lines. */
const createFollower = (watched: WatchedRun, run: number) => {
  const next: Record<keyof Logs, number> = { metrics: 0, timings: 0, evaluations: 0 }
  let sentState = ''
  return async function* (): AsyncGenerator<string, void, void> {
    const state = dataOf({ event: 'state', run, state: await watched.state() })
    if (state !== sentState) yield state
    sentState = state
    for (let more = true; more;) {
      more = false
      for (const log of logNames) {
        const lines = await watched.lines(log, next[log])
        if (lines.next === next[log]) continue
        next[log] = lines.next
        more = true
        yield linesText(run, log, lines.bytes)
      }
    }
  }
}

/**
 * Returns an event with log lines, which are JSON and need no encoding. A carriage return is only white space in JSON, but it
 * would end the event.
 */
const linesText = (run: number, log: keyof Logs, bytes: Buffer): string => {
  const lines = bytes.toString().replaceAll('\r', ' ').split('\n')
  return `data: {"event":"log","run":${run},"log":"${log}","lines":[${lines.filter((line) => line.trim() !== '').join(',')}]}\n\n`
}

const dataOf = (event: FeedEvent): string => `data: ${JSON.stringify(event)}\n\n`
