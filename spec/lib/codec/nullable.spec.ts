import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { expect, it } from 'vitest'
import { nullIfMissing } from '#lib/codec/nullable.js'

it('nullIfMissing reads a missing field of an older file as null, and refuses other values', () => {
  const codec = t.type({ share: nullIfMissing(t.number) })
  expect(codec.decode({})).toEqual(E.right({ share: null }))
  expect(codec.decode({ share: null })).toEqual(E.right({ share: null }))
  expect(codec.decode({ share: 0.5 })).toEqual(E.right({ share: 0.5 }))
  expect(E.isLeft(codec.decode({ share: 'half' }))).toBe(true)
  expect(codec.encode({ share: null })).toEqual({ share: null })
})
