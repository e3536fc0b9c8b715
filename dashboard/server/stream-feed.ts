import { firstValueFrom, filter, map, merge, type Observable, timer } from 'rxjs'
import type { FeedEvent, Logs, RunInfo } from '../feed.js'
import { logNames, type WatchedRun } from './watched-run.js'

/** So that what stands between does not take silence for the end. @units ms */
const HEARTBEAT_EVERY = 15_000

/** What ends a wait for more. */
type Cause = 'news' | 'silence' | 'closing' | 'left'

/**
 * The feed of these runs as server-sent events, each a {@link FeedEvent} in JSON: all runs, then what is in their logs,
 * and then what is added. It is pulled: nothing is read before someone takes what was read before. When `closing$`
 * emits it tells what there is, and ends; when `left$` does it just ends.
 *
 * @errors as of {@link WatchedRun}
 */
export const streamFeed = async function* (
  runs: readonly WatchedRun[],
  closing$: Observable<void>,
  left$: Observable<void>,
): AsyncGenerator<string, void, void> {
  yield dataOf({ event: 'runs', runs: runs.map(infoOf) })
  const followers = runs.map(follower)
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

/** A watcher's place in the logs of a run, and what it has been told of its state. */
const follower = (watched: WatchedRun, run: number) => {
  const next: Record<keyof Logs, number> = { metrics: 0, timings: 0, evaluations: 0 }
  let told = ''
  return async function* (): AsyncGenerator<string, void, void> {
    const state = dataOf({ event: 'state', run, state: await watched.state() })
    if (state !== told) yield state
    told = state
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
 * They are JSON, so they are put in as they stand. A carriage return can only be space between two words of JSON, and
 * would end the event.
 */
const linesText = (run: number, log: keyof Logs, bytes: Buffer): string => {
  const lines = bytes.toString().replaceAll('\r', ' ').split('\n')
  return `data: {"event":"log","run":${run},"log":"${log}","lines":[${lines.filter((line) => line.trim() !== '').join(',')}]}\n\n`
}

const dataOf = (event: FeedEvent): string => `data: ${JSON.stringify(event)}\n\n`
