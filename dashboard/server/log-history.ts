import type { Logs } from '../feed.js'

/** Event of a feed with some lines of a log. All readers get the same bytes. */
export interface LinesEvent {
  readonly bytes: Uint8Array
  /** Position of the line after the event. */
  readonly next: number
}

/** Lines of one log that the pages of a dashboard can still get. */
export interface LogHistory {
  /** Adds complete lines at the end of the log. */
  readonly append: (lines: Buffer) => void
  /** Returns an event with lines from a position on; null if there are none. Position n is the n-th line of the log, from 0. */
  readonly eventFrom: (position: number) => LinesEvent | null
}

interface Line {
  /** Position of the line in the log. */
  readonly at: number
  readonly text: Buffer
  /** Whether the band of the run depends on the line. */
  readonly isSteered: boolean
}

interface CachedEvent extends LinesEvent {
  /** Whether lines that are added later belong to other events. */
  readonly isComplete: boolean
}

/** Maximum number of lines of one log in memory. A page that opens late gets at most these lines. */
export const MAX_LINES = 2000

/** Largest size of the lines of one log in memory. @units bytes */
const MAX_BYTES = 2 ** 23

/** Number of the latest lines that are never thinned out, unless they are larger than {@link MAX_BYTES}. */
export const RECENT_LINES = 500

/** Number of the latest lines with an override that are kept, whatever their position. */
const STEERED_LINES = 100

/** Largest share of the limits that a history has after lines were dropped, so that this is seldom necessary. */
const SHARE_AFTER = 0.75

/** Number of lines in a complete event. All readers of a log meet at its multiples, so that they share the events after it. */
const BLOCK = 100

/** Largest event, unless a single line is larger. @units bytes */
const MAX_EVENT = 2 ** 18

/**
 * Creates an empty history of a log. A long log is thinned out: the history keeps the latest lines, every n-th of the older
 * lines, and the lines that begin an override. n is a power of two that grows with the log.
 *
 *     log       0 1 2 3 4 5 6 7 8 9 a b c d e f
 *     history   0       4       8       c d e f        n = 4, four recent lines
 *
 * A slow reader asks for the lines after its own position, so it continues with the thinned lines, and the server stores no
 * line for it.
 */
export const createLogHistory = (run: number, log: keyof Logs): LogHistory => {
  let lines: Line[] = []
  let total = 0
  let bytes = 0
  let every = 1
  let recent = RECENT_LINES
  let events = new Map<number, CachedEvent>()

  const isAbove = (share: number): boolean => lines.length > share * MAX_LINES || bytes > share * MAX_BYTES
  const thin = (): void => {
    const steered = new Set(lines.filter(({ isSteered }) => isSteered).slice(-STEERED_LINES))
    for (;;) {
      lines = lines.filter((line) => line.at >= total - recent || line.at % every === 0 || steered.has(line))
      bytes = lines.reduce((sum, { text }) => sum + text.length, 0)
      if (!isAbove(SHARE_AFTER)) break
      if (every <= total) every *= 2
      else if (recent > 1) recent = Math.ceil(recent / 2)
      else break
    }
    events = new Map()
  }
  return {
    append: (added) => {
      for (const text of textsOf(added)) {
        lines.push({ at: total++, text, isSteered: text.includes(STEERED) })
        bytes += text.length
      }
      for (const [first, { isComplete }] of events) if (!isComplete) events.delete(first)
      if (isAbove(1)) thin()
    },
    eventFrom: (position) => {
      const first = firstFrom(lines, position)
      if (first === lines.length) return null
      const event = events.get(first) ?? createEvent(run, log, lines, first)
      events.set(first, event)
      return event
    },
  }
}

/** Beginning of a field of a metrics line that holds the points of an override. */
const STEERED = '"steered":['

const LINE_END = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20

/**
 * Returns the texts of lines, without empty ones. A carriage return is only white space in JSON, but it would end an event, so
 * it becomes a space. The texts are copies, because a part of a buffer would keep the whole buffer in memory.
 */
const textsOf = (lines: Buffer): readonly Buffer[] => {
  const texts: Buffer[] = []
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf(LINE_END, start)
    const text = Buffer.from(lines.subarray(start, end === -1 ? lines.length : end))
    if (text.includes(CARRIAGE_RETURN)) text.forEach((byte, i) => byte === CARRIAGE_RETURN && text.writeUInt8(SPACE, i))
    if (text.some((byte) => byte > SPACE)) texts.push(text)
    start += text.length + 1
  }
  return texts
}

/** Returns the index of the first line at a position or after it. */
const firstFrom = (lines: readonly Line[], position: number): number => {
  let [low, high] = [0, lines.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (lines[middle]!.at < position) low = middle + 1
    else high = middle
  }
  return low
}

/** Log lines are JSON and need no encoding. */
const createEvent = (run: number, log: keyof Logs, lines: readonly Line[], first: number): CachedEvent => {
  const parts: Buffer[] = [Buffer.from(`data: {"event":"log","run":${run},"log":"${log}","lines":[`)]
  const blockEnd = (Math.floor(first / BLOCK) + 1) * BLOCK
  const end = Math.min(blockEnd, lines.length)
  let at = first
  for (let size = 0; at < end; at++) {
    size += lines[at]!.text.length
    if (at > first && size > MAX_EVENT) break
    if (at > first) parts.push(COMMA)
    parts.push(lines[at]!.text)
  }
  parts.push(EVENT_END)
  return {
    bytes: new Uint8Array(Buffer.concat(parts)),
    next: lines[at - 1]!.at + 1,
    isComplete: at < end || end === blockEnd,
  }
}

const COMMA = Buffer.from(',')
const EVENT_END = Buffer.from(']}\n\n')
