import { expect, it } from 'vitest'
import { counted, duration, percent } from '#lib/report/number-text.js'

it.each([
  [0, '0 s'],
  [59.4, '59 s'],
  [59.6, '1 min 00 s'],
  [67, '1 min 07 s'],
  [3600, '1 h 00 min'],
  [7510, '2 h 05 min'],
])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text))

it.each([
  [0, '0 files'],
  [1, '1 file'],
  [2, '2 files'],
])('%d are %s', (count, text) => expect(counted(count, 'file')).toBe(text))

it.each([
  [0.125, '13%'],
  [1, '100%'],
  [null, '–'],
  [undefined, '–'],
])('the share %s is %s', (share, text) => expect(percent(share)).toBe(text))
