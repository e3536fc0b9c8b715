import { type Lines, readLines, type Portion } from './read-lines.js'

/** Returns the log line of a step; null if there is none. */
export type StepLines = (step: number) => Promise<string | null>

/** Position of a line in the file. */
interface Place {
  /** @units bytes */
  readonly start: number
  readonly length: number
}

const PORTION: Portion = { lines: Infinity, bytes: 2 ** 18 }

/**
 * Creates a reader of log lines by their step, which is the first field of a line. It stores the position of each line, and
 * reads on from the last one when an unknown step is requested.
 *
 * @errors those of {@link readLines}
 */
export const createStepLines = (file: string): StepLines => {
  const places = new Map<number, Place>()
  let next = 0
  const readOn = async () => {
    for (;;) {
      const lines = await readLines(file, next, PORTION)
      if (lines.next === next) return
      if (lines.next < next) places.clear()
      for (const [step, place] of placesIn(lines)) places.set(step, place)
      next = lines.next
    }
  }
  // Reads run one after the other, because two at the same time would both move `next`.
  let reading: Promise<void> = Promise.resolve()
  return async (step) => {
    if (!places.has(step)) await (reading = reading.then(readOn, readOn))
    const place = places.get(step)
    if (place === undefined) return null
    const { bytes } = await readLines(file, place.start, { lines: 1, bytes: place.length })
    return bytes.length === 0 ? null : bytes.toString().trimEnd()
  }
}

/** Returns the step of the last line that has one; undefined if no line has one. */
export const lastStepIn = (lines: Lines): number | undefined => [...placesIn(lines)].at(-1)?.[0]

const placesIn = function* ({ bytes, next }: Lines): Generator<readonly [step: number, place: Place]> {
  const first = next - bytes.length
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf('\n', at) + 1
    const step = STEP_FIRST.exec(bytes.toString('latin1', at, Math.min(end, at + STEP_TEXT)))?.[1]
    if (step !== undefined) yield [Number(step), { start: first + at, length: end - at }]
    at = end
  }
}

const STEP_FIRST = /^\{"step":(\d+)[,}]/
/** Length of the text in which the step is searched. @units bytes */
const STEP_TEXT = 32
