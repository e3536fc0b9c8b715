import { rationalText } from './rational.js'
import { squeezeSpaces, type Value } from './value.js'

/** Structure of an answer. The values of its parts are not computed. */
export type Structure =
  | { readonly kind: 'value'; readonly value: Value }
  /**
   * List with its brackets: `(1, 2]` is an interval, and `(1, 2)` is an interval or a point. The brackets are empty for
   * a bare list, whose order may not matter.
   */
  | { readonly kind: 'list'; readonly open: string; readonly close: string; readonly items: readonly Structure[] }
  | { readonly kind: 'set'; readonly items: readonly Structure[] }
  | { readonly kind: 'relation'; readonly operator: Operator; readonly left: Side; readonly right: Side }

/** One side of a relation: its text and its structure. */
export interface Side {
  readonly latex: string
  readonly structure: Structure
}

/** Operator of a relation. A relation with `>` or `\ge` is stored with its sides exchanged. */
export type Operator = '=' | '<' | '\\le' | '\\ne'

/** Returns all values in a structure, except the sides of relations. */
export const valuesIn = (structure: Structure): readonly Value[] => {
  if (structure.kind === 'value') return [structure.value]
  return structure.kind === 'relation' ? [] : structure.items.flatMap(valuesIn)
}

/** Prints a structure as text. Equal numbers give the same text, and so do sets in any order. */
export const textOf = (structure: Structure): string => {
  switch (structure.kind) {
    case 'value':
      return valueText(structure.value)
    case 'relation':
      return `${squeezeSpaces(structure.left.latex)}${structure.operator}${squeezeSpaces(structure.right.latex)}`
    case 'list':
      return `${structure.open}${structure.items.map(textOf).join()}${structure.close}`
    case 'set':
      return `{${structure.items.map(textOf).sort().join()}}`
  }
}

const valueText = ({ latex, exact, percent }: Value): string =>
  `${exact === null ? squeezeSpaces(latex) : rationalText(exact)}${percent ? '%' : ''}`
