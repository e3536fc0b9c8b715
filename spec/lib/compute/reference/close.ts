import { expect } from 'vitest'

/** Every element within `tolerance` of the expected one, relative to the largest of them (or 1). */
export const expectClose = (found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void => {
  const [left, right] = [Array.from(found), Array.from(expected)]
  expect(left.length).toBe(right.length)
  const scale = Math.max(1, ...right.map(Math.abs))
  const error = Math.max(0, ...left.map((x, i) => (Object.is(x, right[i]) ? 0 : Math.abs(x - right[i]!) / scale)))
  expect(error, `found ${left.join()} expected ${right.join()}`).toBeLessThanOrEqual(tolerance)
}
