import { type RunHelpers, TestScheduler } from 'rxjs/testing'

/**
 * Runs a marble test in virtual time, in any test runner.
 *
 *     cold('-a|')    -a|
 *     output         -b|        compared when the body has returned
 *
 * @errors Error naming the first difference between the found and the expected stream
 * @example
 * virtually(({ cold, expectObservable }) => {
 *   expectObservable(cold('-a|').pipe(map(() => 'b'))).toBe('-b|')
 * })
 */
export const virtually = (body: (helpers: RunHelpers) => void): void =>
  new TestScheduler((found: unknown, expected: unknown) => expectSame('the stream', found, expected)).run(body)

/**
 * Compares two values by structure: plain data, arrays, typed arrays, maps and sets. NaN equals itself; two errors are
 * equal if they are the same object.
 *
 * @errors Error naming the first difference, with `name` as the root of its path
 * @example
 * expectSame('advantages', found.advantages_G, [1, -1])
 */
export const expectSame = (name: string, found: unknown, expected: unknown): void => {
  const difference = firstDifference(found, expected, name)
  if (difference !== null) throw new Error(difference)
}

/** Returns the path and both values of the first difference; null when there is none. */
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
