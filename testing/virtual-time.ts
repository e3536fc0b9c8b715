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

/** @errors Error naming the first difference, unless both are the same */
export const expectSame = (what: string, found: unknown, expected: unknown): void => {
  const difference = firstDifference(found, expected, what)
  if (difference !== null) throw new Error(difference)
}

/** Compares by structure: plain data, arrays, typed arrays, maps and sets. NaN equals itself; errors are one object. */
const firstDifference = (found: unknown, expected: unknown, path: string): string | null => {
  if (Object.is(found, expected)) return null
  const here = `${path}: found ${show(found)}, expected ${show(expected)}`
  if (!isObject(found) || !isObject(expected) || found instanceof Error || !sameKind(found, expected)) return here
  const [parts, others] = [partsOf(found), partsOf(expected)]
  if (parts.size !== others.size) return here
  for (const [key, part] of parts) {
    const difference = others.has(key) ? firstDifference(part, others.get(key), `${path}.${key}`) : here
    if (difference !== null) return difference
  }
  return null
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const sameKind = (a: object, b: object): boolean => Object.getPrototypeOf(a) === Object.getPrototypeOf(b)

const partsOf = (value: object): ReadonlyMap<string | number, unknown> =>
  new Map<string | number, unknown>(isIterable(value) ? [...value].entries() : Object.entries(value))

const isIterable = (value: object): value is Iterable<unknown> => Symbol.iterator in value

const show = (value: unknown): string => {
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Error || (typeof part === 'number' && !Number.isFinite(part))) return String(part)
    return isObject(part) && isIterable(part) ? [...part] : part
  }) as string | undefined
  return text === undefined ? String(value) : text.length > 500 ? `${text.slice(0, 500)}...` : text
}
