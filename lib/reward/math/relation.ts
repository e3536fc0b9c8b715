import { isEqual, isEqualTo } from './algebra/algebra.js'
import { splitOutside } from './brackets.js'
import { isSameAnswer } from './equal.js'
import { isConstant, isName } from './names.js'
import { type Operator, type Structure, textOf } from './structure.js'
import { squeezeSpaces } from './value.js'

/** Reads a part of an answer. */
export type Read = (text: string) => Structure

/** Reads one form of answer. Returns null for a text of another form. `read` reads its parts. */
export type Reader = (text: string, read: Read) => Structure | null

/** Sign of a relation. `isMirrored` is true for a sign that is read as its mirror image, such as `>`. */
interface Sign {
  readonly operator: Operator
  readonly isMirrored: boolean
}

const relations: Readonly<Record<string, Sign>> = {
  '=': { operator: '=', isMirrored: false },
  '<': { operator: '<', isMirrored: false },
  '>': { operator: '<', isMirrored: true },
  '\\le': { operator: '\\le', isMirrored: false },
  '\\ge': { operator: '\\le', isMirrored: true },
  '\\ne': { operator: '\\ne', isMirrored: false },
}

/**
 * Reads an equation or an inequality. An inequality that describes the range of a variable is an interval, such as
 * `1 < x \le 3`, or two intervals, such as `x \ne 5`.
 */
export const readRelation: Reader = (text, read) => {
  const { parts, separators } = splitOutside(text, (piece) => Object.hasOwn(relations, piece))
  if (separators.length === 0 || parts.some((part) => part === '')) return null
  const found = separators.map((separator) => relations[separator]!)
  if (found.every(({ operator }) => operator === '=')) return readEquation(parts, read)
  const range = found.every(isOrder) ? readRange(parts, found, read) : null
  if (range !== null) return range
  if (found.length > 1) return null
  const { operator, isMirrored } = found[0]!
  const [left, right] = isMirrored ? [parts[1]!, parts[0]!] : [parts[0]!, parts[1]!]
  const open = { end: right, isClosed: false }
  return operator === '\\ne' && isName(left) && isConstant(read(right))
    ? { kind: 'set', items: [interval(null, open, read, left), interval(open, null, read, left)] }
    : relation(operator, left, right, read)
}

const relation = (operator: Operator, left: string, right: string, read: Read): Structure => ({
  kind: 'relation',
  operator,
  left: { latex: left, structure: read(left) },
  right: { latex: right, structure: read(right) },
})

/**
 * Reads a chain of equations.
 *
 *     x = 2 + 3 = 5   ->  x = 5, because 2 + 3 is 5
 *     2 + 3 = 5       ->  5
 *     2 = 3           ->  null: a false equation is no answer
 *     x = y = 2       ->  x = 2, y = 2
 */
const readEquation = (parts: readonly string[], read: Read): Structure | null => {
  const names = parts.filter(isName)
  const others = parts.filter((part) => !isName(part))
  if (others.length === 0) return parts.length === 2 ? relation('=', parts[0]!, parts[1]!, read) : null
  const numbers = others.map(read).filter(isConstant)
  if (!numbers.every((number, i) => i === 0 || isNext(numbers[i - 1]!, number))) return null
  const value = others.at(-1)!
  if (names.length > 0) {
    const relations = names.flatMap((name) => assigned(name, value, read))
    return relations.length === 1 ? relations[0]! : { kind: 'list', open: '', close: '', items: relations }
  }
  if (numbers.length === others.length) return read(value)
  if (others.slice(1).every((other, i) => isEqual(others[i]!, other))) return read(value)
  return parts.length === 2 ? relation('=', parts[0]!, parts[1]!, read) : null
}

/** Returns whether a number may follow another in a chain of equations: it is equal to it, or it is its rounding. */
const isNext = (before: Structure, number: Structure): boolean => {
  if (isSameAnswer(before, number)) return true
  if (before.kind !== 'value' || number.kind !== 'value' || before.value.percent || number.value.percent) return false
  const { places, latex } = number.value
  return places !== null && places > 0 && isEqualTo(before.value.latex, latex, places)
}

/** Makes the relations that give a name its value. A point of names, and a set of values, become one for each. */
const assigned = (name: string, latex: string, read: Read): readonly Structure[] => {
  const value = read(latex)
  const point = /^\((.*,.*)\)$/.exec(name)?.[1]?.split(',')
  if (point !== undefined && value.kind === 'list' && value.items.length === point.length)
    return point.map((each, i) => named(each.trim(), value.items[i]!))
  return value.kind === 'set' && value.items.length > 0
    ? value.items.map((item) => named(name, item))
    : [
        {
          kind: 'relation',
          operator: '=',
          left: { latex: name, structure: read(name) },
          right: { latex, structure: value },
        },
      ]
}

const named = (name: string, value: Structure): Structure => ({
  kind: 'relation',
  operator: '=',
  left: { latex: name, structure: nameValue(name) },
  right: { latex: latexOf(value), structure: value },
})

const nameValue = (name: string): Structure => ({
  kind: 'value',
  value: { latex: name, exact: null, places: null, percent: false, isText: false, unit: null },
})

const latexOf = (structure: Structure): string =>
  structure.kind === 'value' ? structure.value.latex : textOf(structure)

/**
 * Gives the name of the first item of a bare list to the items after it that are values: `x = 1, 2` is `x = 1, x = 2`.
 */
export const shareName = (items: readonly Structure[]): readonly Structure[] => {
  const [first] = items
  if (first?.kind !== 'relation' || first.operator !== '=' || !isName(first.left.latex)) return items
  const { latex } = first.left
  return items.slice(1).every(({ kind }) => kind === 'value')
    ? [first, ...items.slice(1).map((item) => named(latex, item))]
    : items
}

const isOrder = ({ operator }: Sign): boolean => operator === '<' || operator === '\\le'

/**
 * Reads the range of a variable as an interval: `1 < x \le 3`, `x > 5`. Returns null if the signs point both ways, or
 * if the parts are not one variable and its bounds.
 */
const readRange = (parts: readonly string[], found: readonly Sign[], read: Read): Structure | null => {
  const { isMirrored } = found[0]!
  if (!found.every((sign) => sign.isMirrored === isMirrored) || parts.length > 3) return null
  const ends = isMirrored ? parts.toReversed() : parts
  const signs = isMirrored ? found.toReversed() : found
  const at = ends.findIndex(isName)
  if (at < 0 || (ends.length === 3 && at !== 1) || ends.filter(isName).length > 1) return null
  const bound = (end: string | undefined, sign: Sign | undefined) =>
    end === undefined ? null : { end, isClosed: sign?.operator === '\\le' }
  return interval(bound(ends[at - 1], signs[at - 1]), bound(ends[at + 1], signs[at]), read, ends[at]!)
}

interface Bound {
  readonly end: string
  readonly isClosed: boolean
}

/** Makes an interval. A missing bound is infinite. */
const interval = (low: Bound | null, high: Bound | null, read: Read, name: string): Structure => ({
  kind: 'list',
  open: low?.isClosed === true ? '[' : '(',
  close: high?.isClosed === true ? ']' : ')',
  items: [read(low?.end ?? '-\\infty'), read(high?.end ?? '\\infty')],
  name: squeezeSpaces(name),
})
