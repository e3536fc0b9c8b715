import { rationalText } from './rational.js'
import { squeezeSpaces, type Value } from './value.js'

/** Structure of an answer. The values of its parts are not computed. */
export type Structure =
  | { readonly kind: 'value'; readonly value: Value }
  /**
   * List with its brackets: `(1, 2]` is an interval, and `(1, 2)` is an interval or a point. The brackets are empty for
   * a bare list, whose order may not matter. `name` is the variable of an interval that was written as an inequality.
   */
  | {
      readonly kind: 'list'
      readonly open: string
      readonly close: string
      readonly items: readonly Structure[]
      readonly name?: string
    }
  | { readonly kind: 'set'; readonly items: readonly Structure[] }
  | { readonly kind: 'relation'; readonly operator: Operator; readonly left: Side; readonly right: Side }
  /** Letter of a multiple choice and what stands beside it, such as `(D) 12`. */
  | { readonly kind: 'choice'; readonly label: string; readonly content: Structure }
  /** Digits in a base other than ten, such as `52_8`. */
  | { readonly kind: 'based'; readonly digits: string; readonly base: number }

/** One side of a relation: its text and its structure. */
export interface Side {
  readonly latex: string
  readonly structure: Structure
}

/** Operator of a relation. A relation with `>` or `\ge` is stored with its sides exchanged. */
export type Operator = '=' | '<' | '\\le' | '\\ne'

/** Returns all values in a structure, except the sides of relations. */
export const valuesIn = (structure: Structure): readonly Value[] => {
  switch (structure.kind) {
    case 'value':
      return [structure.value]
    case 'relation':
    case 'based':
      return []
    case 'choice':
      return valuesIn(structure.content)
    case 'list':
    case 'set':
      return structure.items.flatMap(valuesIn)
  }
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
    case 'choice':
      return `(${structure.label})${textOf(structure.content)}`
    case 'based':
      return `${structure.digits}_{${structure.base}}`
  }
}

const valueText = ({ latex, exact, percent }: Value): string =>
  `${exact === null ? squeezeSpaces(latex).replaceAll('"', '') : rationalText(exact)}${percent ? '%' : ''}`
