import { expect, it } from 'vitest'
import { duration } from '#lib/report/number-text.js'
import { bytes, counted, cut } from '#cli/display/words.js'

it.each([
  [0, '0 s'],
  [59.4, '59 s'],
  [59.6, '1 min 00 s'],
  [67, '1 min 07 s'],
  [3600, '1 h 00 min'],
  [7510, '2 h 05 min'],
])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text))

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
])('%d bytes are %s', (count, text) => expect(bytes(count)).toBe(text))

it.each([
  [0, '0 files'],
  [1, '1 file'],
  [2, '2 files'],
])('%d are %s', (count, text) => expect(counted(count, 'file')).toBe(text))
