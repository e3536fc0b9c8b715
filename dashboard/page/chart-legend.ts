import { type ChartData, lastNumber, namedCurves, ownValue } from '../view/chart-data.js'
import { formatShort } from '../view/number-format.js'
import type { ChartOptions } from './chart-options.js'
import { createElement, setText } from './element.js'
import { createSwatch } from './swatch.js'

/** Legend of a chart: colour, name and value of each curve, at the cursor or at the last step. */
export const createChartLegend = ({ curves, key = [], ticks }: ChartOptions) => {
  const entries = namedCurves(curves).map((i) => {
    const value = createElement('b', ticks === undefined ? {} : { hidden: '' })
    return { i, value, element: createElement('span', {}, createSwatch(curves[i]!), `${curves[i]!.label} `, value) }
  })
  const explained = key.map((curve) => createElement('span', {}, createSwatch(curve), curve.label))
  return {
    element: createElement(
      'div',
      { class: 'legend', 'aria-hidden': 'true' },
      ...entries.map(({ element }) => element),
      ...explained,
    ),
    show: ({ columns }: ChartData, at: number | null) => {
      for (const { i, value, element } of entries) {
        const last = lastNumber(columns[i]!)
        element.hidden = last === null
        const numberOf = (j: number) => (at === null ? lastNumber(columns[j]!) : (columns[j]![at] ?? null))
        setText(value, formatShort(ownValue(curves, i, numberOf)))
      }
    },
  }
}
