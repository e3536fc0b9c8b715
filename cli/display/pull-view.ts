import type { PullEvent } from '../../lib/checkpoint/hub/pull.js'
import { duration, percent } from '../../lib/report/number-text.js'
import { sum } from '../../lib/statistics.js'
import { bar, bytes, counted, cut } from './words.js'

/** What the display knows of a pull: a fold of its events and of when they came. */
export interface PullView {
  /** What is pulled, in a line. */
  readonly heading: string
  /** Of all files together. @units bytes */
  readonly size: number
  /** Bytes that are here, by file: of those that have begun. */
  readonly here: ReadonlyMap<string, number>
  readonly sizes: ReadonlyMap<string, number>
  readonly whole: ReadonlySet<string>
  /** Over the network, and when that was known: the last of the seconds that the speed is reckoned over. */
  readonly received: number
  readonly marks: readonly Mark[]
  /** Why nothing comes at the moment; null where something does. */
  readonly trouble: string | null
}

interface Mark {
  /** @units seconds */
  readonly at: number
  readonly received: number
}

/** Speed is that of these last ones, a mark each second. @units seconds */
const RECENT = 15

export const emptyPull = (heading: string): PullView => ({
  heading,
  size: 0,
  here: new Map(),
  sizes: new Map(),
  whole: new Set(),
  received: 0,
  marks: [],
  trouble: null,
})

export const pullAfter = (view: PullView, event: PullEvent, now: number): PullView => {
  switch (event.event) {
    case 'found': {
      const sizes = new Map(event.files.map(({ path, size }) => [path, size]))
      return { ...view, sizes, size: sum([...sizes.values()]), trouble: null }
    }
    case 'progress': {
      const here = new Map(view.here).set(event.path, event.here)
      const received = view.received + event.received
      return {
        ...view,
        here,
        received,
        marks: marksAt(view.marks, { at: now, received: view.received }),
        trouble: null,
      }
    }
    case 'whole': {
      const here = new Map(view.here).set(event.path, view.sizes.get(event.path) ?? 0)
      return { ...view, here, whole: new Set(view.whole).add(event.path) }
    }
    case 'waiting':
      return { ...view, trouble: waitingText(event) }
  }
}

const marksAt = (marks: readonly Mark[], mark: Mark): readonly Mark[] => {
  if (mark.at - (marks.at(-1)?.at ?? -Infinity) < 1) return marks
  return [...marks.filter(({ at }) => mark.at - at <= RECENT), mark]
}

/** Bytes here, of all, share, speed, time left: as far as they are known. */
export const pullLine = ({ here, size, received, marks }: PullView, now: number): string => {
  const done = sum([...here.values()])
  const first = marks[0]
  const pace = first === undefined || now <= first.at ? 0 : (received - first.received) / (now - first.at)
  return [
    `${bytes(done)} of ${bytes(size)} (${percent(size === 0 ? 1 : done / size)})`,
    ...(pace > 0 ? [`${bytes(Math.round(pace))}/s`, `${duration((size - done) / pace)} left`] : []),
  ].join(', ')
}

/** Files under way that are shown at once. */
const ROWS = 6

/** A pull as a block of lines, none wider than the screen. */
export const pullBlock = (view: PullView, now: number, columns: number): readonly string[] => {
  const { heading, here, size, sizes, whole, trouble } = view
  const share = size === 0 ? 0 : sum([...here.values()]) / size
  const underWay = [...here].filter(([path]) => !whole.has(path)).slice(0, ROWS)
  return [
    heading,
    `${bar(Math.min(1, share), 30)} ${pullLine(view, now)}`,
    `${whole.size} of ${counted(sizes.size, 'file')}`,
    ...underWay.map(([path, count]) => `  ${path}  ${bytes(count)} of ${bytes(sizes.get(path) ?? 0)}`),
    ...(trouble === null ? [] : [trouble]),
  ].map((line) => cut(line, columns))
}

export const waitingText = ({ seconds, error }: Extract<PullEvent, { event: 'waiting' }>): string =>
  `${error.place}: found ${error.found}, trying again in ${duration(seconds)}`
