import { enclosed, nesting, splitOutside } from './brackets.js'
import { normalForm } from './normal-form.js'
import { told } from './rational.js'
import { readValue, squeezed, type Value } from './value.js'

/** How an answer is built; what its parts come to is not looked at. */
export type Structure =
  | { readonly kind: 'value'; readonly value: Value }
  /** Brackets as written: `(1, 2]` is an interval, `(1, 2)` one or a point; without any, the order is open. */
  | { readonly kind: 'list'; readonly open: string; readonly close: string; readonly items: readonly Structure[] }
  | { readonly kind: 'set'; readonly items: readonly Structure[] }
  | { readonly kind: 'relation'; readonly operator: Operator; readonly left: string; readonly right: string }

/** `>` and `\ge` are turned round. */
export type Operator = '=' | '<' | '\\le' | '\\ne'

/** Longer or deeper texts are no answers, and are not read. @units characters; brackets in brackets */
const LONGEST = 1000
const DEEPEST = 20

/** Reads an answer; null where it is empty, too long, too deep, or its brackets do not close. */
export const readStructure = (text: string): Structure | null => {
  if (text.length > LONGEST) return null
  const form = normalForm(text)
  const depth = nesting(form)
  return form === '' || depth === null || depth > DEEPEST ? null : structured(form)
}

const structured = (text: string): Structure => {
  for (const read of readers) {
    const structure = read(text)
    if (structure !== null) return structure
  }
  return { kind: 'value', value: readValue(text) }
}

type Reader = (text: string) => Structure | null

const EVERYTHING: Structure = {
  kind: 'list',
  open: '(',
  close: ')',
  items: ['-\\infty', '\\infty'].map((latex) => ({ kind: 'value', value: readValue(latex) })),
}

const named: Reader = (text) => {
  if (/^(?:\\mathbb\{R\}|all real numbers|all reals)$/i.test(text)) return EVERYTHING
  if (/^(?:\\emptyset|\\\{ ?\\\}|no (?:real )?solutions?|none|empty set)$/i.test(text))
    return { kind: 'set', items: [] }
  return null
}

const element: Reader = (text) => {
  const { parts } = splitOutside(text, (piece) => piece === '\\in')
  return parts.length === 2 && isName(parts[0]!) ? structured(parts[1]!) : null
}

const union: Reader = (text) => {
  const { parts } = splitOutside(text, (piece) => piece === '\\cup')
  return parts.length > 1 ? { kind: 'set', items: parts.flatMap((part) => members(structured(part))) } : null
}

/** A set in a set of parts is its members. */
const members = (structure: Structure): readonly Structure[] =>
  structure.kind === 'set' ? structure.items : [structure]

const list: Reader = (text) => {
  const items = listed(text)
  return items === null ? null : { kind: 'list', open: '', close: '', items }
}

/** The items between commas or semicolons; null where there are none. Commas before three digits group a number. */
const listed = (text: string): readonly Structure[] | null => {
  const { parts } = splitOutside(text, (piece) => piece === ',' || piece === ';')
  const items = parts.filter((part) => part !== '')
  return parts.length < 2 ? null : items.map(structured)
}

const grouped: Reader = (text) => {
  const bare = text.replace(/(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d]|,\d)/g, (digits, at: number) =>
    isOutside(text, at) ? digits.replaceAll(',', '') : digits,
  )
  return bare === text ? null : structured(bare)
}

const isOutside = (text: string, at: number): boolean => nesting(text.slice(0, at).replace(/(?<!\\)[{}]/g, '')) === 0

const bracketed: Reader = (text) => {
  const { open, inside, close } = enclosed(text) ?? {}
  if (open === undefined || inside === undefined || close === undefined || open === '{') return null
  const items = listed(inside)
  if (open === '\\{') return { kind: 'set', items: items ?? suchThat(inside) }
  if (items !== null) return { kind: 'list', open, close, items }
  return open === '(' || open === '[' ? structured(inside) : null
}

/** `x \mid x > 5` is what the condition says; a set of one is that one. */
const suchThat = (inside: string): readonly Structure[] => {
  const { parts } = splitOutside(inside, (piece) => piece === '\\mid' || piece === '|' || piece === ':')
  return members(structured(parts.length === 2 ? parts[1]! : inside))
}

const plusMinus: Reader = (text) => {
  if (!/\\(?:pm|mp)(?![a-zA-Z])/.test(text)) return null
  const signs = (plus: string, minus: string) =>
    structured(text.replace(/\\(pm|mp)(?![a-zA-Z])/g, (_, sign) => (sign === 'pm' ? plus : minus)))
  return { kind: 'set', items: [signs('+', '-'), signs('-', '+')] }
}

const matrix: Reader = (text) => {
  const [, inside] = /^\\begin\{[pb]?matrix\}(.*)\\end\{[pb]?matrix\}$/.exec(text) ?? []
  if (inside === undefined || inside.includes('\\begin')) return null
  const rows = inside
    .split('\\\\')
    .map((row) => row.trim())
    .filter((row) => row !== '')
    .map((row) => row.split('&').map((cell) => structured(cell.trim())))
  const vector = rows.length === 1 ? rows[0]! : rows.every((row) => row.length === 1) ? rows.flat() : null
  const items = vector ?? rows.map((row): Structure => ({ kind: 'list', open: '(', close: ')', items: row }))
  return { kind: 'list', open: '(', close: ')', items }
}

const relations: Readonly<Record<string, { readonly operator: Operator; readonly turned: boolean }>> = {
  '=': { operator: '=', turned: false },
  '<': { operator: '<', turned: false },
  '>': { operator: '<', turned: true },
  '\\le': { operator: '\\le', turned: false },
  '\\ge': { operator: '\\le', turned: true },
  '\\ne': { operator: '\\ne', turned: false },
}

const relation: Reader = (text) => {
  const { parts, separators } = splitOutside(text, (piece) => piece in relations)
  if (separators.length === 0 || parts.some((part) => part === '')) return null
  const found = separators.map((separator) => relations[separator]!)
  const all = found.every(
    ({ operator, turned }) => operator !== '\\ne' && operator !== '=' && turned === found[0]!.turned,
  )
  if (all) {
    const ends = found[0]!.turned ? [...parts].reverse() : parts
    const closed = (found[0]!.turned ? [...found].reverse() : found).map(({ operator }) => operator === '\\le')
    const range = interval(ends, closed)
    if (range !== null) return range
  }
  if (separators.length > 1 && !found.every(({ operator }) => operator === '=')) return null
  const { operator, turned } = found[0]!
  const [left, right] = turned ? [parts.at(-1)!, parts[0]!] : [parts[0]!, parts.at(-1)!]
  return { kind: 'relation', operator, left, right }
}

/** `1 < x \le 3`, `x > 5`: the values of x. Null where there is no name alone between, or beside, numbers. */
const interval = (ends: readonly string[], closed: readonly boolean[]): Structure | null => {
  const at = ends.findIndex(isName)
  if (at < 0 || ends.length > 3 || (ends.length === 3 && at !== 1) || ends.filter(isName).length > 1) return null
  const low = at === 0 ? undefined : ends[at - 1]
  const high = ends[at + 1]
  return {
    kind: 'list',
    open: low !== undefined && closed[at - 1] === true ? '[' : '(',
    close: high !== undefined && closed[at] === true ? ']' : ')',
    items: [structured(low ?? '-\\infty'), structured(high ?? '\\infty')],
  }
}

/** A variable, with an index perhaps, or a function of some. */
export const isName = (text: string): boolean =>
  /^(?:\\[a-zA-Z]+|[a-zA-Z])(?:_(?:\w|\{\w+\}))?'?(?: ?\([a-zA-Z](?: ?, ?[a-zA-Z])*\))?$/.test(text) &&
  !/^\\(?:pi|infty)/.test(text)

/** In this order: `x = 1 \text{ or } x = 2` is a list of relations, `(1, 2) \cup (3, 4)` no bracket. */
const readers: readonly Reader[] = [named, grouped, matrix, list, union, bracketed, element, relation, plusMinus]

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
      return `${squeezed(structure.left)}${structure.operator}${squeezed(structure.right)}`
    case 'list':
      return `${structure.open}${structure.items.map(textOf).join()}${structure.close}`
    case 'set':
      return `{${structure.items.map(textOf).sort().join()}}`
  }
}

const valueText = ({ latex, exact, percent }: Value): string =>
  `${exact === null ? squeezed(latex) : told(exact)}${percent ? '%' : ''}`
