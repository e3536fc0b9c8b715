import { told } from './rational.js'
import { squeezed, type Value } from './value.js'

/** How an answer is built; what its parts come to is not looked at. */
export type Structure =
  | { readonly kind: 'value'; readonly value: Value }
  /** Brackets as written: `(1, 2]` is an interval, `(1, 2)` one or a point; without any, the order is open. */
  | { readonly kind: 'list'; readonly open: string; readonly close: string; readonly items: readonly Structure[] }
  | { readonly kind: 'set'; readonly items: readonly Structure[] }
  | { readonly kind: 'relation'; readonly operator: Operator; readonly left: Side; readonly right: Side }

/** One side of a relation, as written and as read. */
export interface Side {
  readonly latex: string
  readonly structure: Structure
}

/** `>` and `\ge` are turned round. */
export type Operator = '=' | '<' | '\\le' | '\\ne'

/** Its values, those of its parts included; the sides of a relation are none. */
export const valuesIn = (structure: Structure): readonly Value[] => {
  if (structure.kind === 'value') return [structure.value]
  return structure.kind === 'relation' ? [] : structure.items.flatMap(valuesIn)
}

/** As text, the same for numbers that are equal, and for sets in any order. */
export const textOf = (structure: Structure): string => {
  switch (structure.kind) {
    case 'value':
      return valueText(structure.value)
    case 'relation':
      return `${squeezed(structure.left.latex)}${structure.operator}${squeezed(structure.right.latex)}`
    case 'list':
      return `${structure.open}${structure.items.map(textOf).join()}${structure.close}`
    case 'set':
      return `{${structure.items.map(textOf).sort().join()}}`
  }
}

const valueText = ({ latex, exact, percent }: Value): string =>
  `${exact === null ? squeezed(latex) : told(exact)}${percent ? '%' : ''}`
