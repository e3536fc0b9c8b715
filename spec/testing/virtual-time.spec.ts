import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { expectSame, virtually } from '#testing.js'

const broken = new Error('broken')

describe('expectSame', () => {
  it.each<readonly [unknown, unknown]>([
    [1, 1],
    [NaN, NaN],
    [
      { a: [1, { b: 2 }], c: undefined },
      { a: [1, { b: 2 }], c: undefined },
    ],
    [Float32Array.of(1, NaN), Float32Array.of(1, NaN)],
    [new Map([['a', 1]]), new Map([['a', 1]])],
    [E.right([1]), E.right([1])],
    [broken, broken],
  ])('%o is the same as %o', (found, expected) => {
    expect(() => expectSame('x', found, expected)).not.toThrow()
  })

  it.each<readonly [unknown, unknown, string]>([
    [1, 2, 'x: found 1, expected 2'],
    [0, -0, 'x: found 0, expected 0'],
    [null, undefined, 'x: found null, expected undefined'],
    [{ a: [1, 2] }, { a: [1, 3] }, 'x.a.1: found 2, expected 3'],
    [{ a: undefined }, {}, 'x: found {}, expected {}'],
    [{ a: undefined }, { b: 1 }, 'x: found {}, expected {"b":1}'],
    [Float32Array.of(1, NaN), Float32Array.of(1, 2), 'x.1: found "NaN", expected 2'],
    [Float32Array.of(1), [1], 'x: found [1], expected [1]'],
    [[1], [1, 2], 'x: found [1], expected [1,2]'],
    [new Set([1]), new Set([2]), 'x.0: found 1, expected 2'],
    [E.right(1), E.left(1), 'x._tag: found "Right", expected "Left"'],
    [broken, new Error('broken'), 'x: found "Error: broken", expected "Error: broken"'],
    ['a'.repeat(600), 'b', `x: found "${'a'.repeat(499)}..., expected "b"`],
  ])('%o is not the same as %o', (found, expected, message) => {
    expect(() => expectSame('x', found, expected)).toThrow(new Error(message))
  })
})

describe('virtually', () => {
  it('throws the first difference from the expected stream', () => {
    const run = (expected: string) => () =>
      virtually(({ cold, expectObservable }) => expectObservable(cold('-a|')).toBe(expected))
    expect(run('-a|')).not.toThrow()
    expect(run('--a|')).toThrow(/the stream.0.frame: found 1, expected 2/)
    expect(run('-b|')).toThrow(/the stream.0.notification.value: found "a", expected "b"/)
  })
})
