import type { PullEvent } from '../../lib/checkpoint/hub/pull.js'
import { counted, duration, percent } from '../../lib/report/number-text.js'
import { sum } from '../../lib/statistics.js'
import type { WindowSize } from './block.js'
import { bar, cut, sizeText } from './words.js'

/** State of the display of a download: a fold of its events and their times. */
export interface PullView {
  /** Name and folder of the download, in one line. */
  readonly heading: string
  /** Total size of the files. @units bytes */
  readonly size: number
  /** Downloaded bytes of each file that has begun. */
  readonly here: ReadonlyMap<string, number>
  readonly sizes: ReadonlyMap<string, number>
  readonly whole: ReadonlySet<string>
  /** Bytes received over the network. */
  readonly received: number
  /** Received bytes at recent times, from which the speed is computed. */
  readonly marks: readonly Mark[]
  /** Reason for which the download waits; null while it receives. */
  readonly trouble: string | null
}

interface Mark {
  /** @units seconds */
  readonly at: number
  readonly received: number
}

/** Time over which the speed is averaged, with one mark per second. @units seconds */
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

/** Line with the downloaded bytes, the total, the share, and, if known, the speed and the time left. */
export const pullLine = ({ here, size, received, marks }: PullView, now: number): string => {
  const done = sum([...here.values()])
  const first = marks[0]
  const pace = first === undefined || now <= first.at ? 0 : (received - first.received) / (now - first.at)
  return [
    `${sizeText(done)} of ${sizeText(size)} (${percent(size === 0 ? 1 : done / size)})`,
    ...(pace > 0 ? [`${sizeText(Math.round(pace))}/s`, `${duration((size - done) / pace)} left`] : []),
  ].join(', ')
}

/** Maximum number of files that are shown at the same time. */
const ROWS = 6

/** Block of lines that shows a download in a terminal. No line is wider than the window, and the block is lower than it. */
export const pullBlock = (view: PullView, now: number, { columns, rows }: WindowSize): readonly string[] => {
  const { heading, here, size, sizes, whole, trouble } = view
  const share = size === 0 ? 0 : sum([...here.values()]) / size
  const head = [
    heading,
    `${bar(share, Math.min(30, columns >> 1))} ${pullLine(view, now)}`,
    `${whole.size} of ${counted(sizes.size, 'file')}`,
  ]
  const tail = trouble === null ? [] : [trouble]
  const room = Math.max(0, Math.min(ROWS, rows - 1 - head.length - tail.length))
  const active = [...here].filter(([path]) => !whole.has(path)).slice(0, room)
  const files = active.map(([path, count]) => `  ${path}  ${sizeText(count)} of ${sizeText(sizes.get(path) ?? 0)}`)
  return [...head, ...files, ...tail].slice(0, Math.max(1, rows - 1)).map((line) => cut(line, columns))
}

export const waitingText = ({ seconds, error }: Extract<PullEvent, { event: 'waiting' }>): string =>
  `${error.place}: found ${error.found}, trying again in ${duration(seconds)}`
