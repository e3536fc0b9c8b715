import { stepNumber } from '../../lib/report/step-number.js'
import type { Drift } from '../../lib/rollout/band.js'
import type { StepRollouts } from '../../lib/run/step-rollouts.js'
import { messageOf } from '../view/error-message.js'
import { topEntropyOf } from '../view/token-heat.js'
import { createElement, setText } from './element.js'
import { createEntropyScale } from './entropy-scale.js'
import type { Page } from './page.js'
import { createRolloutRow, rolloutColumns } from './rollout-row.js'
import { createScrollStops } from './scroll-stops.js'
import { createTableHead } from './table-head.js'

/** Panel with the rollouts of a step as a table. */
export const createRolloutPanel = (page: Page, chooser: HTMLElement) => {
  const status = createElement('p', { class: 'note', role: 'status' }, 'No rollouts yet.')
  const scale = createEntropyScale()
  const heading = createElement(page.headings.part, { id: page.identifier('rollouts') }, 'Rollouts')
  const table = createTable(heading.id)
  const header = createElement('header', {}, heading, chooser, scale.element)
  const attributes = { class: 'card rollouts', 'aria-labelledby': heading.id }
  return {
    element: createElement('section', attributes, header, status, table.element),
    showRollouts: ({ step, rollouts, scoreMethod }: StepRollouts, drift: Drift | undefined) => {
      const top = topEntropyOf(rollouts)
      scale.show(top, scoreMethod)
      setText(status, `Step ${stepNumber(step)}: ${rollouts.length} kept rollouts.`)
      table.show(rollouts.map((rollout) => createRolloutRow(rollout, top, drift)))
    },
    /** Keeps the older rows if the latest step has none yet. */
    showNone: (step: number, isLatest: boolean) => {
      if (!isLatest) table.show([])
      setText(status, `No rollouts were kept of step ${stepNumber(step)}.${table.isEmpty() ? '' : ' These are older.'}`)
    },
    showError: (step: number, error: unknown) =>
      setText(status, `Step ${stepNumber(step)} could not be read: ${messageOf(error)}`),
    close: table.close,
  }
}

const createTable = (labelledBy: string) => {
  const body = createElement('tbody', { role: 'rowgroup' })
  const attributes = { role: 'table', 'aria-labelledby': labelledBy, hidden: '' }
  const table = createElement('table', attributes, createTableHead(rolloutColumns), body)
  const stops = createScrollStops(table, '.text')
  return {
    element: table,
    isEmpty: () => body.childElementCount === 0,
    show: (rows: readonly HTMLElement[]) => {
      body.replaceChildren(...rows)
      table.hidden = rows.length === 0
      stops.update()
    },
    close: stops.close,
  }
}
