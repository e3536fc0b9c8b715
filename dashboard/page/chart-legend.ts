import { type ChartData, lastNumber, toldCurves, toldValue } from '../view/chart-data.js'
import type { Curve } from '../view/figures.js'
import { short } from '../view/words.js'
import type { ChartOptions } from './chart-options.js'
import { element, setText } from './element.js'

/** Each curve by its colour, its name and its number: at the cursor, or the last. */
export const chartLegend = ({ curves, key = [], ticks }: ChartOptions) => {
  const entries = toldCurves(curves).map((i) => {
    const value = element('b', ticks === undefined ? {} : { hidden: '' })
    return { i, value, element: element('span', {}, swatchOf(curves[i]!), `${curves[i]!.label} `, value) }
  })
  const explained = key.map((curve) => element('span', {}, swatchOf(curve), curve.label))
  return {
    element: element(
      'div',
      { class: 'legend', 'aria-hidden': 'true' },
      ...entries.map(({ element }) => element),
      ...explained,
    ),
    tell: ({ columns }: ChartData, at: number | null) => {
      for (const { i, value, element } of entries) {
        const last = lastNumber(columns[i]!)
        element.hidden = last === null
        const numberOf = (j: number) => (at === null ? lastNumber(columns[j]!) : (columns[j]![at] ?? null))
        setText(value, short(toldValue(curves, i, numberOf)))
      }
    },
  }
}

const swatchOf = ({ colour, kind, dash = false, striped = false }: Curve): HTMLElement => {
  const swatch = element('i', { class: `swatch ${kind}${dash ? ' dash' : ''}${striped ? ' striped' : ''}` })
  swatch.style.setProperty('--swatch', `var(--${colour})`)
  return swatch
}
