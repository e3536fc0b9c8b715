import { tiles } from '../view/tiles.js'
import type { RunView } from '../view/view.js'
import { element, setText } from './element.js'

/** The numbers that people look at first, in a row. */
export const tileRow = () => {
  const row = element('dl', { class: 'tiles', 'aria-label': 'Now' })
  const made: { name: HTMLElement; value: HTMLElement; unit: HTMLElement; beside: HTMLElement; box: HTMLElement }[] = []
  const tile = () => {
    const [name, value, unit, beside] = [
      element('dt'),
      element('b'),
      element('small'),
      element('dd', { class: 'beside' }),
    ]
    const box = element('div', { class: 'card tile' }, name, element('dd', {}, value, unit), beside)
    row.append(box)
    return { name, value, unit, beside, box }
  }
  return {
    element: row,
    show: (run: RunView) =>
      tiles(run).forEach((told, i) => {
        const parts = (made[i] ??= tile())
        for (const part of ['name', 'value', 'unit', 'beside'] as const) setText(parts[part], told[part])
        parts.box.dataset['tone'] = told.tone
      }),
  }
}
