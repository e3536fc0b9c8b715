import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { MAX_DEPTH, parseExactJson, parseJsonText, repeatedKey } from '#lib/codec/json-text.js'

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

describe('parseJsonText', () => {
  it('refuses deep nesting, however deep', () => {
    expect(parseJsonText(nested(MAX_DEPTH))).toBeInstanceOf(Array)
    for (const levels of [MAX_DEPTH + 1, 1e5])
      expect(() => parseJsonText(nested(levels))).toThrow(`arrays and objects in more than ${MAX_DEPTH} levels`)
    expect(() => parseJsonText('{"a":'.repeat(1e5) + '1' + '}'.repeat(1e5))).toThrow(SyntaxError)
  })
})

describe('parseExactJson', () => {
  test.prop([fc.jsonValue()])('reads what JSON.stringify writes', (value) => {
    const text = JSON.stringify(value)
    expect(parseExactJson(text)).toEqual(JSON.parse(text))
  })

  it.each([
    ['9007199254740993', '9007199254740993'],
    ['-12345678901234567890', '-12345678901234567890'],
    ['[12345678901234567891, 1]', ['12345678901234567891', 1]],
    ['{"12345678901234567891": 3.14159265358979323846}', { '12345678901234567891': '3.14159265358979323846' }],
    ['"12345678901234567891 \\" 12345678901234567891"', '12345678901234567891 " 12345678901234567891'],
    ['1e400', '1e400'],
    ['9007199254740992', 9007199254740992],
    ['1000000000000000000000', 1e21],
    ['1.5000000000000000000', 1.5],
    ['0.30000000000000004', 0.30000000000000004],
    ['2.5e-300', 2.5e-300],
    ['-0', -0],
  ])('keeps the digits of %s', (text, value) => {
    expect(parseExactJson(text)).toEqual(value)
  })
})

describe('repeatedKey', () => {
  it.each([
    ['{"a":1,"b":{"a":2}}', null],
    ['[{"a":1},{"a":1}]', null],
    ['{"a":"a","b":":"}', null],
    ['{"a":1,"b":2,"a":3}', 'a'],
    ['{"a":1,"\\u0061":3}', 'a'],
    ['{"x":[{"y":1,"y":2}]}', 'y'],
  ])('of %s is %s', (text, key) => {
    expect(repeatedKey(text)).toBe(key)
  })
})
