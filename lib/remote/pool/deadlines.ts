import type { SchedulerLike, Subscription } from 'rxjs'

/** Work with the time of its start. @units ms, by the clock of the scheduler */
export interface Started {
  readonly start: number
}

/** Timer of the running work. */
export interface Deadlines {
  /** Starts the timer if it does not run. */
  readonly watch: () => void
  /** Stops the timer if no work runs, so that it does not keep the process alive. */
  readonly rest: () => void
}

/**
 * Creates one timer for all running work, because every work has the same time limit. `running` is in the order of the starts.
 * `expire` ends work that runs longer than the limit, and removes it from `running`.
 */
export const createDeadlines = <A extends Started>(
  running: ReadonlySet<A>,
  seconds: number,
  scheduler: SchedulerLike,
  expire: (work: A) => void,
): Deadlines => {
  const limit = 1000 * seconds
  let timer: Subscription | null = null
  const expireOldest = (): void => {
    timer = null
    const now = scheduler.now()
    for (const work of running) {
      if (work.start + limit > now) break
      expire(work)
    }
    watch()
  }
  const watch = (): void => {
    if (timer !== null) return
    const [oldest] = running
    if (oldest === undefined) return
    timer = scheduler.schedule(expireOldest, Math.max(0, oldest.start + limit - scheduler.now()))
  }
  return {
    watch,
    rest: () => {
      if (running.size > 0) return
      timer?.unsubscribe()
      timer = null
    },
  }
}
