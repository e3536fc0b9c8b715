import { describe, expect, it } from 'vitest'
import { checkThrift } from '#lib/task/data/parquet/thrift.js'

const check = (...bytes: readonly number[]): void =>
  checkThrift({ view: new DataView(Uint8Array.from(bytes).buffer), offset: 0 })

/** Header of the next field by its type. */
const field = (type: number): number => 0x10 | type

const [BYTE, I32, DOUBLE, BINARY, LIST, STRUCT] = [3, 5, 7, 8, 9, 12]
const repeated = (count: number, ...bytes: readonly number[]) => Array.from({ length: count }, () => bytes).flat()

describe('checkThrift', () => {
  it('walks over every type of value', () => {
    check(field(1), field(2), field(BYTE), 7, field(I32), 0x80, 1, field(DOUBLE), ...repeated(8, 0), 0)
    check(field(BINARY), 2, 65, 66, field(LIST), 0x20 | I32, 1, 2, field(STRUCT), field(1), 0, 0)
    check(field(LIST), 0x21, 0, 1, 0x0c, 4, 0, 0)
  })

  it.each<[string, readonly number[], string]>([
    ['a list', [field(LIST), 0xf0 | I32, 0xff, 0xff, 0xff, 0x0f, 1, 0], 'a list of 33554431 elements in 2 bytes'],
    ['a text', [field(BINARY), 0xff, 0x7f, 0], 'a value of 16383 bytes in 1 bytes'],
    ['a number', [field(I32), ...repeated(11, 0x80), 0], 'a number of more than 10 bytes'],
    ['structures in each other', repeated(200, field(STRUCT)), 'structures in more than 64 levels'],
    ['lists in each other', [field(LIST), ...repeated(200, 0x10 | LIST)], 'lists in more than 64 levels'],
    ['a map', [field(11), 0, 0], 'a value of type 11'],
    ['a structure without an end', [field(1)], 'a value of 1 bytes in 0 bytes'],
  ])('refuses %s that is larger than its file can hold', (_, bytes, message) => {
    expect(() => check(...bytes)).toThrow(message)
  })
})
