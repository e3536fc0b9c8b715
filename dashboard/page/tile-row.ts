import { type Tile, tilesOf } from '../view/tiles.js'
import type { RunView } from '../view/view.js'
import { createElement, setText } from './element.js'

/** Row with the most important numbers of a run. */
export const createTileRow = () => {
  const row = createElement('dl', { class: 'tiles', 'aria-label': 'Latest numbers' })
  const boxes: ReturnType<typeof createTile>[] = []
  const addTile = () => {
    const tile = createTile()
    row.append(tile.element)
    return tile
  }
  return {
    element: row,
    show: (run: RunView) => tilesOf(run).forEach((tile, i) => (boxes[i] ??= addTile()).show(tile)),
  }
}

const createTile = () => {
  const parts = {
    name: createElement('dt'),
    value: createElement('b'),
    unit: createElement('small'),
    beside: createElement('dd', { class: 'beside' }),
  }
  const value = createElement('dd', {}, parts.value, parts.unit)
  const box = createElement('div', { class: 'card tile' }, parts.name, value, parts.beside)
  return {
    element: box,
    show: (tile: Tile) => {
      for (const part of ['name', 'value', 'unit', 'beside'] as const) setText(parts[part], tile[part])
      box.dataset['tone'] = tile.tone
    },
  }
}
