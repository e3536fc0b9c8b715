import { nestingDepth, readEnclosed, splitOutside } from './brackets.js'
import { normalForm } from './normal-form.js'
import { isName, type Read, type Reader, readRelation } from './relation.js'
import type { Structure } from './structure.js'
import { readValue } from './value.js'

/** Length of the longest text that is read as an answer. @units characters */
const LONGEST = 1000

/** Largest depth of nested brackets in an answer. */
const DEEPEST = 20

/** Reads an answer. Returns null if it is empty, too long or too deep, or if its brackets do not close. */
export const readStructure = (text: string): Structure | null => {
  if (text.length > LONGEST) return null
  const form = normalForm(text)
  const depth = nestingDepth(form)
  return form === '' || depth === null || depth > DEEPEST ? null : readAny(form)
}

const readAny = (text: string): Structure => {
  for (const read of readers) {
    const structure = read(text, readAny)
    if (structure !== null) return structure
  }
  return { kind: 'value', value: readValue(text) }
}

const EVERYTHING: Structure = {
  kind: 'list',
  open: '(',
  close: ')',
  items: ['-\\infty', '\\infty'].map((latex) => ({ kind: 'value', value: readValue(latex) })),
}

const readNamed: Reader = (text) => {
  if (/^(?:\\mathbb\{R\}|all real numbers|all reals)$/i.test(text)) return EVERYTHING
  if (/^(?:\\emptyset|\\\{ ?\\\}|no (?:real )?solutions?|none|empty set)$/i.test(text))
    return { kind: 'set', items: [] }
  return null
}

const readElement: Reader = (text) => {
  const { parts } = splitOutside(text, (piece) => piece === '\\in')
  return parts.length === 2 && isName(parts[0]!) ? readAny(parts[1]!) : null
}

const readUnion: Reader = (text) => {
  const { parts } = splitOutside(text, (piece) => piece === '\\cup')
  return parts.length > 1 ? { kind: 'set', items: parts.flatMap((part) => members(readAny(part))) } : null
}

/** Returns the members of a set; any other structure is one member. */
const members = (structure: Structure): readonly Structure[] =>
  structure.kind === 'set' ? structure.items : [structure]

const readList: Reader = (text) => {
  const items = readItems(text)
  return items === null ? null : { kind: 'list', open: '', close: '', items }
}

/** Returns the items between commas or semicolons; null if the text has none. */
const readItems = (text: string): readonly Structure[] | null => {
  const { parts } = splitOutside(text, (piece) => piece === ',' || piece === ';')
  const items = parts.filter((part) => part !== '')
  return parts.length < 2 ? null : items.map(readAny)
}

/** Removes commas that group the digits of a number, as in `1,000`, and reads the rest. */
const readGrouped: Reader = (text) => {
  const bare = text.replace(/(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d]|,\d)/g, (digits, at: number) =>
    isOutside(text, at) ? digits.replaceAll(',', '') : digits,
  )
  return bare === text ? null : readAny(bare)
}

const isOutside = (text: string, at: number): boolean =>
  nestingDepth(text.slice(0, at).replace(/(?<!\\)[{}]/g, '')) === 0

const readBracketed: Reader = (text, read) => {
  const { open, inside, close } = readEnclosed(text) ?? {}
  if (open === undefined || inside === undefined || close === undefined || open === '{') return null
  const items = readItems(inside)
  if (open === '\\{') return items === null ? suchThat(inside, read) : { kind: 'set', items }
  if (items !== null) return { kind: 'list', open, close, items }
  return open === '(' || open === '[' ? read(inside) : null
}

/**
 * Reads the content of braces. `x \mid x > 5` is the set that the condition describes; any other text is a set of one.
 */
const suchThat = (inside: string, read: Read): Structure => {
  const { parts } = splitOutside(inside, (piece) => piece === '\\mid' || piece === '|' || piece === ':')
  return parts.length === 2 && isName(parts[0]!) ? read(parts[1]!) : { kind: 'set', items: members(read(inside)) }
}

const readPlusMinus: Reader = (text) => {
  if (!/\\(?:pm|mp)(?![a-zA-Z])/.test(text)) return null
  const signs = (plus: string, minus: string) =>
    readAny(text.replace(/\\(pm|mp)(?![a-zA-Z])/g, (_, sign) => (sign === 'pm' ? plus : minus)))
  return { kind: 'set', items: [signs('+', '-'), signs('-', '+')] }
}

const readMatrix: Reader = (text) => {
  const [, inside] =
    /^\\begin\{(?:[pb]?matrix\}|array\} ?\{[^{}]*\})(.*)\\end\{(?:[pb]?matrix|array)\}$/.exec(text) ?? []
  if (inside === undefined || inside.includes('\\begin')) return null
  const rows = inside
    .split('\\\\')
    .map((row) => row.trim())
    .filter((row) => row !== '')
    .map((row) => row.split('&').map((cell) => readAny(cell.trim())))
  const vector = rows.length === 1 ? rows[0]! : rows.every((row) => row.length === 1) ? rows.flat() : null
  const items = vector ?? rows.map((row): Structure => ({ kind: 'list', open: '(', close: ')', items: row }))
  return { kind: 'list', open: '(', close: ')', items }
}

/**
 * Readers in the order in which they are tried. Lists come before relations, because `x = 1 \text{ or } x = 2` is a
 * list of relations. Unions come before brackets, because `(1, 2) \cup (3, 4)` is not one pair of brackets.
 */
const readers: readonly Reader[] = [
  readNamed,
  readGrouped,
  readMatrix,
  readList,
  readUnion,
  readBracketed,
  readElement,
  readRelation,
  readPlusMinus,
]
