import { describe, expect, it } from 'vitest'
import { describe as textOf, describeThrown } from '#lib/describe.js'
import { awkward } from '../awkward.js'

describe('describe', () => {
  it.each<readonly [unknown, string]>([
    [undefined, 'nothing'],
    [null, 'null'],
    [-1, '-1'],
    [NaN, 'NaN'],
    [7n, '7'],
    ['a\nb', '"a\\nb"'],
    [Symbol('s'), 'Symbol(s)'],
    [() => 7, 'a function'],
    [[1, 2], 'an array of 2'],
    [new Float32Array(3), 'Float32Array of 3'],
    [{ a: 1 }, 'an object'],
  ])('%o', (value, text) => {
    expect(textOf(value)).toBe(text)
  })

  it('cuts a long text', () => {
    expect(textOf('x'.repeat(10_000)).length).toBeLessThan(600)
    expect(describeThrown('x'.repeat(10_000)).length).toBeLessThan(600)
  })

  it.each(awkward)('never throws: %s', (_, value) => {
    expect(typeof textOf(value())).toBe('string')
    expect(typeof describeThrown(value())).toBe('string')
  })

  it('describes a thrown error by its name and message', () => {
    expect(describeThrown(new TypeError('no answer'))).toBe('TypeError: no answer')
    expect(describeThrown('plain')).toBe('plain')
  })
})
