import { type ChartData, namedCurves, ownValue } from '../view/chart-data.js'
import { formatShort } from '../view/number-format.js'
import type { ChartOptions } from './chart-options.js'
import { createElement } from './element.js'

const ROWS = 30

/** The last steps in figures, for those who open it. */
export const createChartNumbers = ({ curves, title }: ChartOptions) => {
  const shown = namedCurves(curves)
  const body = createElement('tbody')
  const head = createElement(
    'tr',
    {},
    ...['step', ...shown.map((i) => curves[i]!.label)].map((label) => createElement('th', { scope: 'col' }, label)),
  )
  const details = createElement(
    'details',
    {},
    createElement('summary', { 'aria-label': `Numbers: ${title}` }, 'Numbers'),
    createElement(
      'div',
      { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': `Last steps: ${title}` },
      createElement('table', {}, createElement('thead', {}, head), body),
    ),
  )
  let data: ChartData | undefined
  const fill = () => {
    if (!details.open || data === undefined) return
    const { steps, columns } = data
    const rows = steps
      .filter((step) => shown.some((i) => typeof columns[i]![step] === 'number'))
      .slice(-ROWS)
      .reverse()
    body.replaceChildren(
      ...rows.map((step) => {
        const cell = (i: number) =>
          createElement('td', {}, formatShort(ownValue(curves, i, (j) => columns[j]![step] ?? null)))
        return createElement('tr', {}, createElement('th', { scope: 'row' }, String(step)), ...shown.map(cell))
      }),
    )
  }
  details.addEventListener('toggle', fill)
  return {
    element: details,
    tell: (now: ChartData) => {
      data = now
      fill()
    },
  }
}
