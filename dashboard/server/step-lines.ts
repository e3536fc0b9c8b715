import { type Lines, readLines, type Portion } from './read-lines.js'

/** Finds the line of a step. */
export type StepLines = (step: number) => Promise<string | null>

interface Place {
  /** @units bytes */
  readonly start: number
  readonly length: number
}

const PORTION: Portion = { lines: Infinity, bytes: 2 ** 18 }

/**
 * Lines of a log by their step, which is their first field; null where there is none. It remembers where they stand, and
 * reads on from the last it knows when it is asked for another.
 *
 * @errors as of {@link readLines}
 */
export const createStepLines = (file: string): StepLines => {
  const places = new Map<number, Place>()
  let next = 0
  const readOn = async () => {
    for (;;) {
      const lines = await readLines(file, next, PORTION)
      if (lines.next === next) return
      for (const [step, place] of placesIn(lines)) places.set(step, place)
      next = lines.next
    }
  }
  // One after the other: two that read on at once would both move `next`.
  let reading: Promise<void> = Promise.resolve()
  return async (step) => {
    if (!places.has(step)) await (reading = reading.then(readOn, readOn))
    const place = places.get(step)
    if (place === undefined) return null
    const { bytes } = await readLines(file, place.start, { lines: 1, bytes: place.length })
    return bytes.length === 0 ? null : bytes.toString().trimEnd()
  }
}

const placesIn = function* ({ bytes, next }: Lines): Generator<readonly [step: number, place: Place]> {
  const first = next - bytes.length
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf('\n', at) + 1
    const step = STEP_FIRST.exec(bytes.toString('latin1', at, Math.min(end, at + LONGEST_STEP)))?.[1]
    if (step !== undefined) yield [Number(step), { start: first + at, length: end - at }]
    at = end
  }
}

const STEP_FIRST = /^\{"step":(\d+)[,}]/
/** Of the text that says it. @units bytes */
const LONGEST_STEP = 32
