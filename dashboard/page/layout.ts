import type { Feed } from '../feed.js'
import type { Choice } from '../view/choice.js'
import type { View } from '../view/view.js'
import { createElement, setText } from './element.js'
import { createHeader } from './header.js'
import type { Page, SendCommand } from './page.js'
import { createRolloutTable } from './rollout-table.js'
import { createRunCharts } from './run-charts.js'
import { createServerPanel } from './server-panel.js'
import { createSpanChoice } from './span-choice.js'
import { createThemeToggle } from './theme.js'
import { createTileRow } from './tile-row.js'

export interface LayoutPorts {
  readonly command: SendCommand
  readonly change: (change: Partial<Choice>) => void
}

/** All parts of the page, from top to bottom. */
export const createLayout = (page: Page, feed: Pick<Feed, 'rollouts'>, { command, change }: LayoutPorts) => {
  const theme = createThemeToggle()
  const header = createHeader({ ...page, command, beside: theme.element })
  const trouble = createElement('p', { class: 'trouble', role: 'alert', hidden: '' })
  const content = createContent(page, feed, { command, change })
  header.show(undefined, 0)
  return {
    elements: [header.element, trouble, content.element],
    themes$: theme.changes$,
    show: (view: View, choice: Choice) => {
      header.show(view.runs[choice.selected], view.beginnings)
      content.show(view, choice)
    },
    showTrouble: (text: string) => {
      trouble.hidden = false
      setText(trouble, text)
    },
    recolour: content.recolour,
    drawForPrint: content.drawForPrint,
    close: content.close,
  }
}

const createContent = (page: Page, feed: Pick<Feed, 'rollouts'>, { command, change }: LayoutPorts) => {
  const tiles = createTileRow()
  const servers = createServerPanel(page)
  const spans = createSpanChoice(page, (span) => change({ span }))
  const charts = createRunCharts(page, command, change)
  const rollouts = createRolloutTable(page, feed)
  const filters = createElement('div', { class: 'in-view' }, spans.element, charts.runs)
  const parts = createElement(
    'div',
    { hidden: '' },
    tiles.element,
    servers.element,
    filters,
    charts.element,
    rollouts.element,
  )
  return {
    // A page with a heading of its own has its own main part, and there is one in a document.
    element: page.headings.run === 'h1' ? createElement('main', {}, parts) : parts,
    show: (view: View, choice: Choice) => {
      const run = view.runs[choice.selected]
      parts.hidden = run === undefined
      if (run === undefined) return
      tiles.show(run)
      servers.show(run)
      spans.show(choice.span)
      charts.show(view, choice)
      rollouts.show(run, choice.selected, view.beginnings)
    },
    recolour: charts.recolour,
    drawForPrint: charts.drawForPrint,
    close: () => {
      servers.close()
      charts.close()
      rollouts.close()
    },
  }
}
