/** Distances that the marks of the step axis can have. A step is a whole number. */
export const stepIntervals: number[] = [1, 2, 5]
  .flatMap((first) => [0, 1, 2, 3, 4, 5, 6].map((power) => first * 10 ** power))
  .sort((a, b) => a - b)

/**
 * Returns both ends of an axis for numbers from `min` to `max` (null if there are none) and for the numbers in `include`. It
 * leaves room above and below, except beyond a zero at which the axis may end.
 */
export const padRange = (
  min: number | null,
  max: number | null,
  include: readonly number[],
  endsAtZero = include.includes(0),
): [number, number] => {
  const [lowest, highest] = [Math.min(min ?? Infinity, ...include), Math.max(max ?? -Infinity, ...include)]
  if (!Number.isFinite(lowest) || !Number.isFinite(highest)) return [0, 1]
  const room = highest > lowest ? 0.08 * (highest - lowest) : Math.max(Math.abs(highest) * 0.1, 1e-9)
  return [endsAtZero && lowest >= 0 ? 0 : lowest - room, endsAtZero && highest <= 0 ? 0 : highest + room]
}

/** Returns an axis that keeps its ends, except that it grows beyond a number that has passed one of them. */
export const growRange = (
  [low, high]: readonly [number, number],
  [lowest, highest]: readonly [number, number],
): [number, number] => {
  const room = 0.08 * (Math.max(high, highest) - Math.min(low, lowest))
  return [lowest < low ? lowest - room : low, highest > high ? highest + room : high]
}
