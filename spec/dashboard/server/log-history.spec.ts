import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLogHistory, type LogHistory, MAX_LINES, RECENT_LINES } from '#dashboard/server/log-history.js'
import { range } from './test-dashboard.js'

const textOf = (steps: readonly number[], more: (step: number) => object = () => ({})): Buffer =>
  Buffer.from(steps.map((step) => `${JSON.stringify({ step, steered: null, ...more(step) })}\n`).join(''))

interface Line {
  readonly step: number
  readonly steered: readonly unknown[] | null
}

/** Reads all lines from a position on, as a page does. */
const readFrom = (history: LogHistory, position: number): { lines: Line[]; next: number; bytes: number } => {
  const lines: Line[] = []
  let [next, bytes] = [position, 0]
  for (let event = history.eventFrom(next); event !== null; event = history.eventFrom(next)) {
    const text = new TextDecoder().decode(event.bytes)
    lines.push(...(JSON.parse(text.slice('data: '.length)) as { lines: Line[] }).lines)
    bytes += event.bytes.length
    next = event.next
  }
  return { lines, next, bytes }
}
const stepsFrom = (history: LogHistory, position: number) => readFrom(history, position).lines.map(({ step }) => step)

describe('the history of a log', () => {
  it('has every line of a short log, in any pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 8 }), fc.nat(1500), (sizes, position) => {
        const history = createLogHistory(0, 'metrics')
        let total = 0
        for (const size of sizes) {
          if (total + size > MAX_LINES) break
          history.append(textOf(range(size).map((i) => total + i)))
          total += size
        }
        expect(stepsFrom(history, 0)).toEqual(range(total))
        expect(stepsFrom(history, position)).toEqual(range(total).slice(position))
      }),
      { numRuns: 30 },
    )
  })

  it('has at most 2,000 lines of a long log: the latest 500, and older ones at equal distances', () => {
    const history = createLogHistory(0, 'metrics')
    const total = 100_000
    for (let first = 0; first < total; first += 100) history.append(textOf(range(100).map((i) => first + i)))
    const steps = stepsFrom(history, 0)
    expect(steps.length).toBeLessThanOrEqual(MAX_LINES)
    expect(steps.length).toBeGreaterThan(MAX_LINES / 3)
    expect(steps[0]).toBe(0)
    expect(steps.slice(-RECENT_LINES)).toEqual(range(total).slice(-RECENT_LINES))
    const [, second] = steps
    const old = steps.filter((step) => step < total - MAX_LINES)
    expect(old).toEqual(range(old.length).map((i) => i * second!))
  })

  it('keeps the lines that begin an override, which a page needs for the plan', () => {
    const history = createLogHistory(0, 'metrics')
    const points = [{ step: 7, band: { low: 0.1, high: 0.2 } }]
    history.append(textOf(range(50_000), (step) => (step === 4711 ? { steered: points } : {})))
    expect(readFrom(history, 0).lines.find(({ step }) => step === 4711)).toMatchObject({ steered: points })
  })

  it('stays small also when every line begins an override, or lines are long', () => {
    const steered = createLogHistory(0, 'metrics')
    steered.append(textOf(range(10_000), () => ({ steered: [] })))
    expect(stepsFrom(steered, 0).length).toBeLessThanOrEqual(MAX_LINES)
    const long = createLogHistory(0, 'metrics')
    for (const step of range(200)) long.append(textOf([step], () => ({ text: 'x'.repeat(2 ** 17) })))
    const { bytes, lines } = readFrom(long, 0)
    expect(bytes).toBeLessThan(2 ** 23 + 2 ** 18)
    expect(lines.at(-1)!.step).toBe(199)
  })

  it('continues for a slow reader with the thinned lines after its position', () => {
    const history = createLogHistory(0, 'metrics')
    history.append(textOf(range(1000)))
    const { next } = readFrom(history, 0)
    history.append(textOf(range(99_000).map((i) => 1000 + i)))
    const steps = stepsFrom(history, next)
    expect(steps.length).toBeLessThanOrEqual(MAX_LINES)
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(1000)
    expect(steps.at(-1)).toBe(99_999)
  })

  it('gives all readers the same bytes, also those that meet after different positions', () => {
    const history = createLogHistory(0, 'metrics')
    history.append(textOf(range(350)))
    expect(history.eventFrom(0)).toBe(history.eventFrom(0))
    const [one, two] = [history.eventFrom(13)!, history.eventFrom(57)!]
    expect([one.next, two.next]).toEqual([100, 100])
    history.append(textOf([350]))
    expect(history.eventFrom(350)).toBe(history.eventFrom(350))
    expect(stepsFrom(history, 300)).toEqual(range(51).map((i) => 300 + i))
  })
})
