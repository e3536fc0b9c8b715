import { type RunHelpers, TestScheduler } from 'rxjs/testing'

/**
 * Runs marbles in virtual time, in any test runner: what does not come out as expected is thrown.
 *
 *     virtually(({ cold, expectObservable }) => {
 *       expectObservable(cold('-a|').pipe(stage)).toBe('-b|', { b })
 *     })
 */
export const virtually = (body: (helpers: RunHelpers) => void): void =>
  new TestScheduler((found: unknown, expected: unknown) => expectSame('the stream', found, expected)).run(body)

/** @errors Error showing both values, unless they are the same */
export const expectSame = (what: string, found: unknown, expected: unknown): void => {
  if (!same(found, expected)) throw new Error(`${what}: found ${show(found)}, expected ${show(expected)}`)
}

/** Equal by structure: data, arrays, typed arrays, maps and sets. NaN equals itself; errors are equal by identity. */
export const same = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Error || Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (isIterable(a) && isIterable(b)) return sameInOrder([...a], [...b])
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))]
  return left.size === right.size && [...left].every(([key, value]) => right.has(key) && same(value, right.get(key)))
}

const sameInOrder = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((value, i) => same(value, b[i]))

const isIterable = (value: object): value is Iterable<unknown> => Symbol.iterator in value

const show = (value: unknown): string =>
  JSON.stringify(
    value,
    (_, part: unknown) => {
      if (part instanceof Error) return String(part)
      if (typeof part === 'number' && !Number.isFinite(part)) return String(part)
      return typeof part === 'object' && part !== null && isIterable(part) ? [...part] : part
    },
    2,
  )
