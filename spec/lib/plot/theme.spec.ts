import { describe, expect, test } from 'vitest'
import { colours, dashes } from '#lib/plot/legend.js'
import { plotThemes } from '#lib/plot/theme.js'
import { contrast, greyDifference, leastDeltaE, mix, pairsOf, rgbOf } from '../../colour.js'

/** Least CIEDE2000 of two curves for any kind of colour vision. */
const LEAST = 20

describe.each(Object.entries(plotThemes))('the %s theme of the plots', (_, theme) => {
  test('has curves that colour-blind readers can distinguish, also in greyscale', () => {
    expect(leastDeltaE(theme.reward, theme.correct)).toBeGreaterThan(LEAST)
    expect(greyDifference(theme.reward, theme.correct)).toBeGreaterThan(10)
    expect(leastDeltaE(theme.entropy, theme.band)).toBeGreaterThan(LEAST)
    expect(greyDifference(theme.entropy, theme.band)).toBeGreaterThan(20)
  })

  test('has text and lines that stand out from the page', () => {
    const page = rgbOf(theme.background)
    for (const text of [theme.title, theme.subtitle, theme.axisText])
      expect(contrast(rgbOf(text), page)).toBeGreaterThan(4.5)
    for (const line of [theme.entropy, theme.reward, theme.correct])
      expect(contrast(rgbOf(line), page)).toBeGreaterThan(3)
    expect(contrast(rgbOf(theme.entropy), mix(rgbOf(theme.band), page, 0.7))).toBeGreaterThan(3)
  })
})

describe('the curves of a figure', () => {
  test('have colours that colour-blind readers can distinguish', () => {
    for (const [a, b] of pairsOf(colours)) expect(leastDeltaE(a, b), `${a} and ${b}`).toBeGreaterThan(LEAST)
    for (const colour of colours) expect(leastDeltaE(colour, '#ffffff')).toBeGreaterThan(15)
  })

  test('have dashes of their own, for greyscale print', () => {
    expect(new Set(dashes.map((dash) => dash.join())).size).toBe(colours.length)
  })
})
