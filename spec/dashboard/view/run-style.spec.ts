import { describe, expect, test } from 'vitest'
import { figures } from '#dashboard/view/figures.js'
import { comparedStyleOf, runStyleOf } from '#dashboard/view/run-style.js'
import { upTo } from '../lines.js'

describe('the look of a run', () => {
  test.each([
    ['in a chart of its own', runStyleOf],
    ['beside the selected run', comparedStyleOf],
  ])('%s is that of no other run', (_, styleOf) => {
    const looks = upTo(40, (run) => JSON.stringify(styleOf(run)))
    expect(new Set(looks).size).toBe(40)
  })

  test('has dashes beside the selected run, and they are not those of its curves', () => {
    const own = figures.flatMap(({ curves }) => curves.flatMap(({ dash }) => (dash === undefined ? [] : [dash.join()])))
    for (const { dash } of upTo(40, comparedStyleOf)) {
      expect(dash).toBeDefined()
      expect(own).not.toContain(dash!.join())
    }
  })

  test('has a colour that no other curve has', () => {
    const taken = new Set(figures.flatMap(({ curves }) => curves.map(({ colour }) => colour)))
    for (const { colour } of upTo(40, runStyleOf)) expect(taken.has(colour)).toBe(false)
  })
})
