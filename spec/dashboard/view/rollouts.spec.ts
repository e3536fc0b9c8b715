import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { heatOf, topEntropyOf } from '#dashboard/view/token-heat.js'
import { showHiddenCharacters } from '#dashboard/view/hidden-characters.js'
import { explainVerdict } from '#dashboard/view/verdict.js'
import { rollout } from '../lines.js'

describe('explainVerdict', () => {
  const rejected = { accepted: false, advantage: -0.5, predictedChange: 0.0123 }

  test.each([
    ['accepted', rollout(), 0],
    ['left out: it has no advantage', { ...rejected, advantage: null }, 1],
    ['rejected: entropy is above its band and this is predicted to raise it (+0.012)', rejected, 1],
    [
      'rejected: entropy is below its band and this is predicted to lower it (−0.012)',
      { ...rejected, predictedChange: -0.0123 },
      -1,
    ],
    [
      'rejected: entropy is above its band and a negative advantage tends to raise it',
      { ...rejected, predictedChange: -0.01 },
      1,
    ],
    [
      'rejected: entropy is below its band and a positive advantage tends to lower it',
      { ...rejected, advantage: 0.5, predictedChange: 0.01 },
      -1,
    ],
    ['rejected: entropy is above its band', { ...rejected, advantage: 0.5, predictedChange: -0.01 }, 1],
    ['rejected', rejected, 0],
    ['rejected', rejected, undefined],
  ] as const)('%s', (words, judged, drift) => {
    expect(explainVerdict(judged, drift)).toBe(words)
  })
})

describe('showHiddenCharacters', () => {
  test.each([
    ['plain text, Ünïcødé, 汉字, עברית, 👩‍👩‍👧', 'plain text, Ünïcødé, 汉字, עברית, 👩‍👩‍👧'],
    ['two\nlines', 'two↵\nlines'],
    ['a\tb\r\0', 'a␉b␍␀'],
    ['\u007f\u0085', '␡⟨U+0085⟩'],
    ['\u202eevil\u2066', '⟨U+202E⟩evil⟨U+2066⟩'],
    ['zero\u200bwidth\ufeff', 'zero⟨U+200B⟩width⟨U+FEFF⟩'],
    ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
  ])('%j', (text, shown) => {
    expect(showHiddenCharacters(text)).toBe(shown)
  })

  test('leaves no control character and no change of direction, and keeps other text', () => {
    const odd = fc.constantFrom(...Array.from('\0\u0007\u001b\u009b\u202a\u202e\u2067\u200f\u061c\u2028\u00ada \nש'))
    fc.assert(
      fc.property(
        fc.string({ unit: fc.oneof(odd, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })) }),
        (text) => {
          expect(showHiddenCharacters(text).replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Bidi_Control}|[\u2028\u2029]/u)
        },
      ),
    )
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('abc <&>"\'💡ü汉')) }), (text) => {
        expect(showHiddenCharacters(text)).toBe(text)
      }),
    )
  })
})

describe('the colour of a token', () => {
  test('goes from 0 to the top of the scale', () => {
    expect([0, 0.5, 1, 2, 7].map((nats) => heatOf(nats, 2))).toEqual([0, 0.25, 0.5, 1, 1])
  })

  test('ends at the highest entropy, rounded up to half a nat', () => {
    expect(topEntropyOf([])).toBe(0.5)
    expect(topEntropyOf([rollout({ entropy: [0.2, 1.1] }), rollout({ entropy: [2.4] })])).toBe(2.5)
    expect(topEntropyOf([rollout({ entropy: [2.5] })])).toBe(2.5)
  })
})
