import { expect, it } from 'vitest'
import { cut, sizeText } from '#cli/display/words.js'

it.each([
  ['short', 5, 'short'],
  ['longer', 5, 'long…'],
  ['longer', 1, '…'],
])('cut %s to %i columns', (text, columns, shown) => expect(cut(text, columns)).toBe(shown))

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [11_422_654, '11.4 MB'],
  [1.5e9, '1.5 GB'],
  [2e15, '2000.0 TB'],
])('%d bytes are %s', (count, text) => expect(sizeText(count)).toBe(text))
