import { type ChartData, toldCurves, toldValue } from '../view/chart-data.js'
import { short } from '../view/words.js'
import type { ChartOptions } from './chart-options.js'
import { element } from './element.js'

const ROWS = 30

/** The last steps in figures, for those who open it. */
export const chartNumbers = ({ curves, title }: ChartOptions) => {
  const shown = toldCurves(curves)
  const body = element('tbody')
  const head = element(
    'tr',
    {},
    ...['step', ...shown.map((i) => curves[i]!.label)].map((label) => element('th', { scope: 'col' }, label)),
  )
  const details = element(
    'details',
    {},
    element('summary', { 'aria-label': `Numbers: ${title}` }, 'Numbers'),
    element(
      'div',
      { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': `Last steps: ${title}` },
      element('table', {}, element('thead', {}, head), body),
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
        const cell = (i: number) => element('td', {}, short(toldValue(curves, i, (j) => columns[j]![step] ?? null)))
        return element('tr', {}, element('th', { scope: 'row' }, String(step)), ...shown.map(cell))
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
