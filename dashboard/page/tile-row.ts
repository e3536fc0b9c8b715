import { tilesOf } from '../view/tiles.js'
import type { RunView } from '../view/view.js'
import { createElement, setText } from './element.js'

/** The numbers that people look at first, in a row. */
export const createTileRow = () => {
  const row = createElement('dl', { class: 'tiles', 'aria-label': 'Now' })
  const made: { name: HTMLElement; value: HTMLElement; unit: HTMLElement; beside: HTMLElement; box: HTMLElement }[] = []
  const tile = () => {
    const [name, value, unit, beside] = [
      createElement('dt'),
      createElement('b'),
      createElement('small'),
      createElement('dd', { class: 'beside' }),
    ]
    const box = createElement('div', { class: 'card tile' }, name, createElement('dd', {}, value, unit), beside)
    row.append(box)
    return { name, value, unit, beside, box }
  }
  return {
    element: row,
    show: (run: RunView) =>
      tilesOf(run).forEach((told, i) => {
        const parts = (made[i] ??= tile())
        for (const part of ['name', 'value', 'unit', 'beside'] as const) setText(parts[part], told[part])
        parts.box.dataset['tone'] = told.tone
      }),
  }
}
