import { expect, it } from 'vitest'
import { cut, duration } from '#cli/display/words.js'

it.each([
  [0, '0 s'],
  [59.4, '59 s'],
  [59.6, '1 min 00 s'],
  [67, '1 min 07 s'],
  [3600, '1 h 00 min'],
  [7510, '2 h 05 min'],
])('%d seconds are %s', (seconds, told) => expect(duration(seconds)).toBe(told))

it.each([
  ['short', 5, 'short'],
  ['longer', 5, 'long…'],
  ['longer', 1, '…'],
])('cut %s to %i columns', (text, columns, shown) => expect(cut(text, columns)).toBe(shown))
