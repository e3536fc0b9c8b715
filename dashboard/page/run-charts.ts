import type { Choice } from '../view/choice.js'
import { figures } from '../view/figures.js'
import type { View } from '../view/view.js'
import { createElement } from './element.js'
import { createEntropyChart } from './entropy-chart.js'
import type { Page, SendCommand } from './page.js'
import { createRunBar } from './run-bar.js'
import { createSmallChart } from './small-chart.js'

/** Chart that shows the chosen runs. */
interface RunChart {
  readonly element: HTMLElement
  readonly show: (view: View, choice: Choice) => void
  readonly recolour: () => void
  readonly drawForPrint: () => void
  readonly close: () => void
}

/** All charts, and the bar that chooses the runs in them. */
export const createRunCharts = (page: Page, command: SendCommand, choose: (change: Partial<Choice>) => void) => {
  const bar = createBar(choose)
  const entropy = createChartGroup('', runNames, ({ runs }) => [createEntropyChart(page, runs, command)])
  const small = createChartGroup('grid', chosenRuns, ({ runs }, choice) =>
    figures.map((figure) => createSmallChart(page, figure, runs, choice)),
  )
  return {
    runs: bar.element,
    element: createElement('div', { class: 'charts' }, entropy.element, small.element),
    show: (view: View, choice: Choice) => {
      bar.show(view, choice)
      entropy.show(view, choice)
      small.show(view, choice)
    },
    recolour: () => [entropy, small].forEach((group) => group.recolour()),
    drawForPrint: () => [entropy, small].forEach((group) => group.drawForPrint()),
    close: () => [entropy, small].forEach((group) => group.close()),
  }
}

const runNames = ({ runs }: View): string => JSON.stringify(runs.map(({ info }) => info.name))
const chosenRuns = (view: View, { selected, hidden }: Choice): string =>
  JSON.stringify([runNames(view), selected, [...hidden]])

/** Charts that are made again when their key changes. */
const createChartGroup = (
  className: string,
  keyOf: (view: View, choice: Choice) => string,
  make: (view: View, choice: Choice) => readonly RunChart[],
) => {
  const element = createElement('div', { class: className })
  let charts: readonly RunChart[] = []
  let key = ''
  const close = () => charts.forEach((chart) => chart.close())
  return {
    element,
    show: (view: View, choice: Choice) => {
      const now = keyOf(view, choice)
      if (now !== key) {
        close()
        charts = make(view, choice)
        element.replaceChildren(...charts.map((chart) => chart.element))
      }
      key = now
      for (const chart of charts) chart.show(view, choice)
    },
    recolour: () => charts.forEach((chart) => chart.recolour()),
    drawForPrint: () => charts.forEach((chart) => chart.drawForPrint()),
    close,
  }
}

/** Run bar that is made again when the feed has other runs. A single run has none. */
const createBar = (choose: (change: Partial<Choice>) => void) => {
  const element = createElement('div', { class: 'run-bar' })
  let bar: ReturnType<typeof createRunBar> | undefined
  let key = ''
  return {
    element,
    show: (view: View, choice: Choice) => {
      const now = runNames(view)
      if (bar === undefined || now !== key) {
        bar = createRunBar(view, choose)
        element.replaceChildren(bar.element)
        element.hidden = view.runs.length < 2
      }
      key = now
      bar.show(view, choice)
    },
  }
}
