import { expect, it } from 'vitest'
import { entropyErrorText } from '#lib/report/entropy-error-text.js'

it.each([
  ['exact', 0, ''],
  ['exact', null, ''],
  ['sampled', 0.0042, '± 0.004 (sampled)'],
  ['top-k', 0.0126, '± 0.013 (top-k)'],
  ['sampled', null, '(sampled)'],
  // A line of an earlier version.
  [null, null, ''],
] as const)('the text of the error of %s scores, %s, is "%s"', (scoreMethod, entropyError, text) => {
  expect(entropyErrorText({ scoreMethod, entropyError })).toBe(text)
})
