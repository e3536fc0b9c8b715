import { createElement } from './element.js'

/** Head of a table with a column for each name. Roles are explicit because the narrow layout shows rows as cards, which drops them. */
export const createTableHead = (columns: readonly string[]): HTMLElement => {
  const heads = columns.map((name) => createElement('th', { scope: 'col', role: 'columnheader' }, name))
  return createElement('thead', { role: 'rowgroup' }, createElement('tr', { role: 'row' }, ...heads))
}
