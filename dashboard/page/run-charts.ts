import type { RunCommand } from '../../lib/control/run-command.js'
import type { Choice } from '../view/choice.js'
import { figures } from '../view/figures.js'
import type { View } from '../view/view.js'
import { createElement } from './element.js'
import { createEntropyChart } from './entropy-chart.js'
import type { Page } from './page.js'
import { createRunBar } from './run-bar.js'
import { createSmallChart } from './small-chart.js'

interface Shown {
  readonly element: HTMLElement
  readonly show: (view: View, choice: Choice) => void
  readonly recolour: () => void
  readonly close: () => void
}

/** All charts; made anew where the runs are others, or others of them are in view. */
export const createRunCharts = (
  page: Page,
  command: (command: RunCommand) => Promise<void>,
  choose: (change: Partial<Choice>) => void,
) => {
  const runs = createElement('div', { class: 'run-bar' })
  const big = createElement('div')
  const grid = createElement('div', { class: 'grid' })
  let bar: ReturnType<typeof createRunBar> | undefined
  let entropy: Shown | undefined
  let small: readonly Shown[] = []
  let [runsKey, choiceKey] = ['', '']

  const remake = (view: View, choice: Choice) => {
    const names = JSON.stringify(view.runs.map(({ info }) => info.name))
    if (names !== runsKey) {
      entropy?.close()
      entropy = createEntropyChart(page, view.runs, command)
      bar = createRunBar(view, choose)
      runs.replaceChildren(bar.element)
      runs.hidden = view.runs.length < 2
      big.replaceChildren(entropy.element)
    }
    const chosen = JSON.stringify([names, choice.selected, [...choice.hidden]])
    if (chosen !== choiceKey) {
      for (const chart of small) chart.close()
      small = figures.map((figure) => createSmallChart(page, figure, view.runs, choice))
      grid.replaceChildren(...small.map(({ element }) => element))
    }
    ;[runsKey, choiceKey] = [names, chosen]
  }
  const all = () => (entropy === undefined ? small : [entropy, ...small])
  return {
    runs,
    element: createElement('div', { class: 'charts' }, big, grid),
    show: (view: View, choice: Choice) => {
      remake(view, choice)
      bar?.show(view, choice)
      for (const chart of all()) chart.show(view, choice)
    },
    recolour: () => {
      for (const chart of all()) chart.recolour()
    },
    close: () => {
      for (const chart of all()) chart.close()
    },
  }
}
