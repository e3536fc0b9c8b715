import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { figures } from '#dashboard/view/figures.js'
import { contrast, deltaE, greyDifference, labOf, leastDeltaE, mix, pairsOf, rgbOf } from '../../colour.js'

const css = readFileSync('dashboard/page/style.css', 'utf8')

/** Colours of the style sheet in one theme, by their name. */
const tokensOf = (theme: 'light' | 'dark'): ReadonlyMap<string, string> =>
  new Map(
    [...css.matchAll(/--([\w-]+): light-dark\((#\w+), (#\w+)\);/g)].map(([, name, light, dark]) => [
      name!,
      theme === 'light' ? light! : dark!,
    ]),
  )

describe.each(['light', 'dark'] as const)('the %s theme of the page', (theme) => {
  const tokens = tokensOf(theme)
  const token = (name: string) => {
    const found = tokens.get(name)
    if (found === undefined) throw new Error(`style.css: found no --${name}`)
    return found
  }
  const rgb = (name: string) => rgbOf(token(name))
  const runs = [...tokens.keys()].filter((name) => name.startsWith('run-'))

  test('has readable text on every background', () => {
    for (const text of ['ink', 'muted', 'good', 'warn', 'bad'])
      for (const background of ['ground', 'card'])
        expect(contrast(rgb(text), rgb(background)), `${text} on ${background}`).toBeGreaterThan(4.5)
    for (const text of ['ink', 'muted']) expect(contrast(rgb(text), rgb('grid')), text).toBeGreaterThan(4.5)
  })

  test('has readable text on a pill and in a message, which are tinted with the colour of their text', () => {
    const tints = [...css.matchAll(/background: color-mix\(in srgb, var\(--(\w+)\) (\d+)%, transparent\)/g)]
    expect(tints.length).toBeGreaterThanOrEqual(2)
    for (const [, name, percent] of tints)
      for (const text of name === 'tone' ? ['muted', 'good', 'warn', 'bad'] : [name!])
        for (const background of ['ground', 'card']) {
          const tinted = mix(rgb(text), rgb(background), Number(percent) / 100)
          expect(contrast(rgb(text), tinted), `${text}, ${percent}% on ${background}`).toBeGreaterThan(4.5)
        }
  })

  test('has curves in one chart that colour-blind readers can distinguish, also in greyscale', () => {
    for (const { title, curves } of figures) {
      const names = new Set(curves.filter(({ kind }) => kind !== 'hidden').map(({ colour }) => colour))
      for (const [a, b] of pairsOf([...names])) {
        expect(leastDeltaE(token(a), token(b)), `${title}: ${a} and ${b}`).toBeGreaterThan(20)
        expect(greyDifference(token(a), token(b)), `${title}: ${a} and ${b}`).toBeGreaterThan(9)
      }
    }
  })

  test('has runs that colour-blind readers can distinguish, also in greyscale', () => {
    expect(runs).toHaveLength(6)
    for (const [a, b] of pairsOf(runs)) {
      expect(leastDeltaE(token(a), token(b)), `${a} and ${b}`).toBeGreaterThan(20)
      expect(greyDifference(token(a), token(b)), `${a} and ${b}`).toBeGreaterThan(7)
    }
  })

  test('gives runs no colour that means something else', () => {
    const others = ['blue', 'orange', 'vermilion', 'green', 'purple', 'grey', 'ink', 'band', 'band-edge', 'override']
    for (const run of runs)
      for (const other of others)
        expect(deltaE(labOf(rgb(run)), labOf(rgb(other))), `${run} and ${other}`).toBeGreaterThan(10)
  })

  test('has curves that stand out from a card', () => {
    for (const { curves } of figures)
      for (const { colour, kind } of curves)
        if (kind !== 'hidden') expect(contrast(rgb(colour), rgb('card')), colour).toBeGreaterThan(2.1)
    for (const run of runs) expect(contrast(rgb(run), rgb('card')), run).toBeGreaterThan(3)
  })
})
