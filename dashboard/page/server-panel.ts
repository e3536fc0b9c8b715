import { serverNoteOf, type ServerRow, serverRowsOf } from '../view/server-rows.js'
import type { RunView } from '../view/view.js'
import { createElement, setText } from './element.js'
import type { Page } from './page.js'
import { createScrollStops } from './scroll-stops.js'
import { createTableHead } from './table-head.js'

const columns = ['Server', 'Work', 'State', 'Weights', 'Tokens/s', 'Waiting'] as const

/** Panel with the servers that sample or train. A run on one machine has none, and the panel is hidden. */
export const createServerPanel = ({ headings, identifier }: Pick<Page, 'headings' | 'identifier'>) => {
  const heading = createElement(headings.part, { id: identifier('servers') }, 'Servers')
  const note = createElement('p', { class: 'unit' })
  const body = createElement('tbody', { role: 'rowgroup' })
  const table = createElement('table', { role: 'table', 'aria-labelledby': heading.id }, createTableHead(columns), body)
  const scroll = createElement('div', { class: 'scroll', 'data-scroll-name': 'Servers' }, table)
  const element = createElement(
    'section',
    { class: 'card servers', 'aria-labelledby': heading.id, hidden: '' },
    createElement('header', {}, heading, note),
    scroll,
  )
  const stops = createScrollStops(element, '.scroll')
  const rows: ReturnType<typeof createRow>[] = []
  return {
    element,
    show: ({ state }: Pick<RunView, 'state'>) => {
      const shown = serverRowsOf(state)
      element.hidden = shown.length === 0
      setText(note, serverNoteOf(state))
      while (rows.length < shown.length) rows.push(createRow())
      rows.length = shown.length
      shown.forEach((row, i) => rows[i]!.show(row))
      if (body.childElementCount !== rows.length) body.replaceChildren(...rows.map((row) => row.element))
      stops.update()
    },
    close: stops.close,
  }
}

const createRow = () => {
  const pill = createElement('span', { class: 'status' })
  const cells = columns.map((name) => createElement('td', { role: 'cell', 'data-name': name }))
  const [name, work, state, version, speed, waiting] = cells
  state!.append(pill)
  return {
    element: createElement('tr', { role: 'row' }, ...cells),
    show: (row: ServerRow) => {
      setText(name!, row.name)
      setText(work!, row.work)
      setText(pill, row.state)
      pill.dataset['tone'] = row.tone
      pill.title = row.fault
      setText(version!, `version ${row.version}`)
      setText(speed!, row.speed)
      setText(waiting!, row.waiting)
    },
  }
}
