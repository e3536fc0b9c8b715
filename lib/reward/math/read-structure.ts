import { nestingDepth, readEnclosed, splitOutside } from './brackets.js'
import { isName } from './names.js'
import { normalForm } from './normal-form.js'
import { type Read, type Reader, readRelation, shareName } from './relation.js'
import type { Structure } from './structure.js'
import { readValue, squeezeSpaces } from './value.js'

/** Length of the longest text that is read as an answer. @units characters */
const LONGEST = 1000

/** Largest depth of nested brackets in an answer. */
const DEEPEST = 20

/** Largest number of parts of an answer, such as members of sets and sides of equations. */
const MOST_PARTS = 300

/** Reads an answer. Returns null if it is empty, too long or too deep, or if its brackets do not close. */
export const readStructure = (text: string): Structure | null => {
  if (text.length > LONGEST) return null
  const form = normalForm(text)
  const depth = nestingDepth(form)
  const parts = form.split(/[,;=<>&]|\\(?:pm|mp|le|ge|ne|cup)(?![a-zA-Z])/).length
  return !/[^\s"{}()[\].,;:]/.test(form) || depth === null || depth > DEEPEST || parts > MOST_PARTS
    ? null
    : readAny(form)
}

const readAny: Read = (text) => {
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

const readNamed: Reader = (text, read) => {
  const words = text.replaceAll('"', '').trim()
  if (/^(?:\\mathbb\{R\}|all real numbers|all reals)$/i.test(words)) return EVERYTHING
  if (/^(?:\\emptyset|\\\{ ?\\\}|no (?:real )?solutions?|none|(?:the )?empty set)$/i.test(words))
    return { kind: 'set', items: [] }
  return text.startsWith('"') && /^infinity$/i.test(words) ? read('\\infty') : null
}

const label = String.raw`^(?:" ?\(?([A-J])\)? ?[.:)]? ?"|\(([A-J])\)|\{ ?\(?([A-J])\)? ?\}) ?[:.]? ?`

const choice = new RegExp(`${label}(?<=[ "}])((?:[-\\d.(＄"]|\\\\(?:frac|sqrt|pi)).*)$`)

/** Reads a multiple choice with its answer, such as `(D) 12`. */
const readChoice: Reader = (text, read) => {
  const [, quoted, bare, braced, content] = choice.exec(text) ?? []
  const letter = quoted ?? bare ?? braced
  return letter === undefined || content === undefined
    ? null
    : { kind: 'choice', label: letter, content: read(content.trim()) }
}

const bases: Readonly<Record<string, number>> = {
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  twelve: 12,
  sixteen: 16,
}

const based =
  /^\(? ?"? ?([0-9][0-9A-Z]*|[A-Z][0-9A-Z]*[0-9][0-9A-Z]*) ?"? ?\)? ?_ ?(?:\{ ?(?:"? ?base ?"? ?)?"? ?(\w+) ?"? ?\}|(\d))$/

/** Reads digits in a base, such as `52_8`, `(52)_8` or `52_{\text{eight}}`. Base ten needs no mark. */
const readBased: Reader = (text, read) => {
  const [, digits, braced, bare] = based.exec(text) ?? []
  if (digits === undefined) return null
  const written = braced ?? bare ?? ''
  const base = /^\d+$/.test(written) ? Number(written) : bases[written.toLowerCase()]
  const isWritten = base !== undefined && base >= 2 && base <= 36
  if (!isWritten || !Array.from(digits).every((digit) => parseInt(digit, base) < base)) return null
  return base === 10 ? read(digits) : { kind: 'based', digits: digits.replace(/^0+(?=.)/, ''), base }
}

const readElement: Reader = (text, read) => {
  const { parts } = splitOutside(text, (piece) => piece === '\\in')
  const [name = '', range] = parts
  if (range === undefined || parts.length > 2 || !isName(name)) return null
  const structure = read(range)
  return structure.kind === 'list' ? { ...structure, name: squeezeSpaces(name) } : structure
}

const readUnion: Reader = (text, read) => {
  const { parts } = splitOutside(text, (piece) => piece === '\\cup')
  return parts.length > 1 ? { kind: 'set', items: parts.flatMap((part) => members(read(part))) } : null
}

/** Returns the members of a set; any other structure is one member. */
const members = (structure: Structure): readonly Structure[] =>
  structure.kind === 'set' ? structure.items : [structure]

const readList: Reader = (text, read) => {
  const items = readItems(text, read)
  return items === null
    ? null
    : { kind: 'list', open: '', close: '', items: shareName(items.flatMap(isSolutionSet(text) ? members : flat)) }
}

/** Returns whether a list has both signs of a number, which stand for two members of it. */
const isSolutionSet = (text: string): boolean => /\\(?:pm|mp)(?![a-zA-Z])/.test(text)

const flat = (structure: Structure): readonly Structure[] => [structure]

/** Returns the items between commas or semicolons; null if the text has none. */
const readItems = (text: string, read: Read): readonly Structure[] | null => {
  const { parts } = splitOutside(text, (piece) => piece === ',' || piece === ';')
  const items = parts.filter((part) => part !== '')
  return parts.length < 2 ? null : items.map(read)
}

/** Removes commas that group the digits of a number, as in `1,000`, and reads the rest. */
const readGrouped: Reader = (text, read) => {
  const bare = text.replace(/(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d]|,\d)/g, (digits, at: number) =>
    isOutside(text, at) ? digits.replaceAll(',', '') : digits,
  )
  return bare === text ? null : read(bare)
}

const isOutside = (text: string, at: number): boolean =>
  nestingDepth(text.slice(0, at).replace(/(?<!\\)[{}]/g, '')) === 0

const readBracketed: Reader = (text, read) => {
  const { open, inside, close } = readEnclosed(text) ?? {}
  if (open === undefined || inside === undefined || close === undefined) return null
  if (open === '{') return close === '}' && inside !== '' ? read(inside) : null
  const items = readItems(inside, read)
  if (open === '\\{')
    return items === null
      ? suchThat(inside, read)
      : { kind: 'set', items: items.flatMap(isSolutionSet(inside) ? members : flat) }
  if (items !== null) return isSolutionSet(inside) ? null : { kind: 'list', open, close, items }
  return (open === '(' && close === ')') || (open === '[' && close === ']') ? read(inside) : null
}

/**
 * Reads the content of braces. `x \mid x > 5` is the set that the condition describes; any other text is a set of one.
 */
const suchThat = (inside: string, read: Read): Structure => {
  const { parts } = splitOutside(inside, (piece) => piece === '\\mid' || piece === '|' || piece === ':')
  const [name = '', condition] = parts
  if (condition === undefined || parts.length > 2 || !isName(name.split('\\in')[0]!.trim()))
    return { kind: 'set', items: members(read(inside)) }
  return withoutName(read(condition))
}

/** Removes the name of a variable that is bound in a set: {x | x > 5} is {y | y > 5}. */
const withoutName = (structure: Structure): Structure => {
  if (structure.kind === 'list') {
    const { kind, open, close, items, name } = structure
    return { kind, open, close, items: name === undefined ? items.map(withoutName) : items }
  }
  return structure.kind === 'set' ? { kind: 'set', items: structure.items.map(withoutName) } : structure
}

const sign = /\\(pm|mp)(?![a-zA-Z])/g

/** Largest number of signs in one expression. Each of them doubles the number of values. */
const MOST_SIGNS = 4

/**
 * Reads an expression with both signs as the set of its values. Several `\pm` are independent of each other; with `\mp`
 * among them, the upper signs go together and the lower signs go together.
 */
const readPlusMinus: Reader = (text, read) => {
  const signs = [...text.matchAll(sign)].map(([, name]) => name)
  if (signs.length === 0 || signs.length > MOST_SIGNS) return null
  const choices = signs.includes('mp')
    ? [signs.map((name) => (name === 'pm' ? '+' : '-')), signs.map((name) => (name === 'pm' ? '-' : '+'))]
    : Array.from({ length: 2 ** signs.length }, (_, bits) => signs.map((__, i) => ((bits >> i) & 1 ? '-' : '+')))
  const withSigns = (choice: readonly string[]) => {
    let i = 0
    return text.replace(sign, () => choice[i++]!)
  }
  return { kind: 'set', items: choices.map((each) => read(withSigns(each))) }
}

const readMatrix: Reader = (text, read) => {
  const [, inside] =
    /^[([]? ?\\begin ?\{(?:[pb]?matrix\}|array\} ?\{[^{}]*\})(.*)\\end ?\{(?:[pb]?matrix|array)\} ?[)\]]?$/.exec(
      text,
    ) ?? []
  if (inside === undefined || inside.includes('\\begin')) return null
  const rows = inside
    .split('\\\\')
    .map((row) => row.trim())
    .filter((row) => row !== '')
    .map((row) => row.split('&').map((cell) => read(cell.trim())))
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
  readChoice,
  readBased,
  readGrouped,
  readMatrix,
  readList,
  readUnion,
  readBracketed,
  readElement,
  readRelation,
  readPlusMinus,
]
