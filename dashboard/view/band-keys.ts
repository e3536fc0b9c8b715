/** Distance that a bound moves at a press of an arrow key, and of Page Up or Page Down. @units nats per token */
const FINE = 0.01
const COARSE = 0.05

/**
 * Values of Home and End. They are values of the plan and not the ends of the slider, because End would move a bound of 0.6 to
 * its ceiling of 1.2 nats by one press.
 */
interface Limits {
  readonly min: number
  readonly max: number
}

const keys: ReadonlyMap<string, (value: number, limits: Limits) => number> = new Map([
  ['ArrowUp', (value) => value + FINE],
  ['ArrowRight', (value) => value + FINE],
  ['ArrowDown', (value) => value - FINE],
  ['ArrowLeft', (value) => value - FINE],
  ['PageUp', (value) => value + COARSE],
  ['PageDown', (value) => value - COARSE],
  ['Home', (_, { min }) => min],
  ['End', (_, { max }) => max],
] satisfies [string, (value: number, limits: Limits) => number][])

/** Returns whether a key moves a bound, as the keys of a slider do. */
export const isBandKey = (key: string): boolean => keys.has(key)

/** Returns the value of a bound after a key; undefined for a key that moves nothing. */
export const movedByKey = (key: string, value: number, limits: Limits): number | undefined =>
  keys.get(key)?.(value, limits)
