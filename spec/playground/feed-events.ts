import type { FeedEvent, Logs } from '#dashboard/feed.js'

/** Lines of a log. */
export const lines = <L extends keyof Logs>(events: readonly FeedEvent[], log: L): readonly Logs[L][] =>
  events.flatMap((event) => (event.event === 'log' && event.log === log ? (event.lines as readonly Logs[L][]) : []))

/** Statuses of the run, without repetition. */
export const states = (events: readonly FeedEvent[]): readonly string[] =>
  events
    .flatMap((event) => (event.event === 'state' ? [event.state.status] : []))
    .filter((status, i, all) => status !== all[i - 1])
