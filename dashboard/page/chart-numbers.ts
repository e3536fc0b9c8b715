import { type ChartData, namedCurves, ownValue } from '../view/chart-data.js'
import type { Curve } from '../view/figure.js'
import { formatShort } from '../view/number-format.js'
import type { ChartOptions } from './chart-options.js'
import { createElement } from './element.js'

/** Steps in the table. */
const ROWS = 30

/** Table of the last steps, which the user opens under a chart. It is filled only while it is open. */
export const createChartNumbers = ({ curves, title }: ChartOptions) => {
  const named = namedCurves(curves)
  const body = createElement('tbody')
  const details = createDetails(
    title,
    named.map((i) => curves[i]!.label),
    body,
  )
  let data: ChartData | undefined
  const fill = () => {
    if (details.open && data !== undefined) body.replaceChildren(...numberRows(curves, named, data))
  }
  details.addEventListener('toggle', fill)
  return {
    element: details,
    show: (now: ChartData) => {
      data = now
      fill()
    },
  }
}

const createDetails = (title: string, labels: readonly string[], body: HTMLElement): HTMLDetailsElement => {
  const heads = ['step', ...labels].map((label) => createElement('th', { scope: 'col' }, label))
  return createElement(
    'details',
    {},
    createElement('summary', { 'aria-label': `Numbers: ${title}` }, 'Numbers'),
    createElement(
      'div',
      { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': `Last steps: ${title}` },
      createElement('table', {}, createElement('thead', {}, createElement('tr', {}, ...heads)), body),
    ),
  )
}

/** The latest step comes first. */
const numberRows = (
  curves: readonly Curve[],
  named: readonly number[],
  { steps, columns }: ChartData,
): readonly HTMLElement[] => {
  const hasNumber = (step: number) => named.some((i) => typeof columns[i]![step] === 'number')
  const cell = (step: number, i: number) =>
    createElement('td', {}, formatShort(ownValue(curves, i, (j) => columns[j]![step] ?? null)))
  return steps
    .filter(hasNumber)
    .slice(-ROWS)
    .reverse()
    .map((step) =>
      createElement('tr', {}, createElement('th', { scope: 'row' }, String(step)), ...named.map((i) => cell(step, i))),
    )
}
