import { EMPTY, firstValueFrom, map, merge, type Observable, of, timer } from 'rxjs'
import type { Logs, RunInfo } from '../feed.js'
import { planPoints } from './plan-points.js'
import { createRunFeed, encodeEvent, type RunFeed } from './run-feed.js'
import { logNames, type WatchedRun } from './watched-run.js'

/** Time after which a silent feed sends a comment, so that no proxy closes the connection. @units ms */
const HEARTBEAT_EVERY = 15_000

/** Maximum number of points of all band plans in the first event, which keeps the event below 100 kB. */
const MAX_POINTS = 1024

/** Maximum number of points of one band plan. */
const MAX_POINTS_OF_RUN = 128

/** Event after which a feed sends what is new; `left` means that the reader has disconnected. */
type Cause = 'opening' | 'news' | 'silence' | 'closing' | 'left'

/** Feed that all pages of a dashboard share. */
export interface SharedFeed {
  /**
   * Streams the runs as server-sent events, each an event of the feed in JSON: first all runs, then the lines of their logs, then
   * lines as they are added. The reader pulls it: a reader that takes no event holds one event, and continues later with the
   * lines that the histories still have. When `closing$` emits, the stream sends the remaining lines and ends; when `left$`
   * emits, it ends at once.
   *
   * @errors those of {@link WatchedRun}
   */
  readonly stream: (closing$: Observable<void>, left$: Observable<void>) => AsyncGenerator<Uint8Array, void, void>
}

/** Creates the feed of runs. Every event is made once, whatever the number of its readers. */
export const createSharedFeed = (runs: readonly WatchedRun[]): SharedFeed => {
  const feeds = runs.map(createRunFeed)
  const firstEvent = encodeEvent({ event: 'runs', runs: describeRuns(runs) })
  const total = (count: 'edition' | 'revision') => feeds.reduce((sum, feed) => sum + feed[count](), 0)
  const waitForCause = (seen: number, closing$: Observable<void>, left$: Observable<void>): Promise<Cause> =>
    firstValueFrom(
      merge(
        left$.pipe(map((): Cause => 'left')),
        closing$.pipe(map((): Cause => 'closing')),
        // A read may have ended while the reader took the last events.
        total('revision') === seen ? EMPTY : of<Cause>('news'),
        ...feeds.map(({ news$ }) => news$.pipe(map((): Cause => 'news'))),
        timer(HEARTBEAT_EVERY).pipe(map((): Cause => 'silence')),
      ),
    )
  return {
    stream: async function* (closing$, left$) {
      yield firstEvent
      let edition = total('edition')
      let followers = feeds.map(createFollower)
      for (let cause: Cause = 'opening'; cause !== 'left';) {
        if (cause === 'opening' || cause === 'closing') await Promise.all(feeds.map(({ refresh }) => refresh()))
        const seen = total('revision')
        if (edition !== total('edition')) {
          edition = total('edition')
          yield firstEvent
          followers = feeds.map(createFollower)
        }
        for (const news of followers) yield* news()
        if (cause === 'closing') return
        cause = await waitForCause(seen, closing$, left$)
        if (cause === 'silence') yield COMMENT
      }
    },
  }
}

const COMMENT = new TextEncoder().encode(':\n\n')

/** Descriptions of all runs. Many runs share the points of the first event. */
const describeRuns = (runs: readonly WatchedRun[]): readonly RunInfo[] => {
  const most = Math.max(2, Math.min(MAX_POINTS_OF_RUN, Math.floor(MAX_POINTS / runs.length)))
  return runs.map(({ about, folder, control }, run) => ({
    run,
    ...about,
    folder,
    band: planPoints(about.band, about.planned, most),
    steerable: control !== null,
  }))
}

/** Returns a generator of the events of a run that were not sent yet: its state if it has changed, and new log lines. */
const createFollower = (feed: RunFeed): (() => Iterable<Uint8Array>) => {
  const next: Record<keyof Logs, number> = { metrics: 0, timings: 0, evaluations: 0 }
  let sentState: Uint8Array | undefined
  let sentRollouts: Uint8Array | undefined
  return function* () {
    const state = feed.state()
    if (state !== sentState) yield state
    sentState = state
    for (let more = true; more;) {
      more = false
      for (const log of logNames) {
        const event = feed.logs[log].eventFrom(next[log])
        if (event === null) continue
        next[log] = event.next
        more = true
        yield event.bytes
      }
    }
    const rollouts = feed.finalRollouts()
    if (rollouts !== undefined && rollouts !== sentRollouts) yield rollouts
    sentRollouts = rollouts
  }
}
