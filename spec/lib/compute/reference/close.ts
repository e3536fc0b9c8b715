/**
 * Checks that every element is within `tolerance` of the expected one, relative to the largest expected element or 1.
 *
 * @errors throws an assertion with the found and the expected numbers
 */
export const expectClose = (found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void => {
  const [left, right] = [Array.from(found), Array.from(expected)]
  const scale = Math.max(1, ...right.map(Math.abs))
  const error = Math.max(0, ...left.map((x, i) => (Object.is(x, right[i]) ? 0 : Math.abs(x - right[i]!) / scale)))
  if (left.length === right.length && error <= tolerance) return
  throw new Error(`off by ${error}, more than ${tolerance}: found ${left.join()} expected ${right.join()}`)
}

/** Checks that every element is within `tolerance` of the expected one, relative to the largest expected element. */
export const expectRelative = (found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void => {
  const scale = Math.max(...Array.from(expected, Math.abs)) || 1
  const scaled = (values: ArrayLike<number>) => Array.from(values, (x) => x / scale)
  expectClose(scaled(found), scaled(expected), tolerance)
}
