import { splitOutside } from './brackets.js'
import type { Operator, Structure } from './structure.js'

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
  const { parts, separators } = splitOutside(text, (piece) => piece in relations)
  if (separators.length === 0 || parts.some((part) => part === '')) return null
  const found = separators.map((separator) => relations[separator]!)
  const range = found.every(isOrder) ? readRange(parts, found, read) : null
  if (range !== null) return range
  if (found.length > 1 && !found.every(({ operator }) => operator === '=')) return null
  const { operator, isMirrored } = found[0]!
  const [left, right] = isMirrored ? [parts.at(-1)!, parts[0]!] : [parts[0]!, parts.at(-1)!]
  const open = { end: right, isClosed: false }
  const side = (latex: string) => ({ latex, structure: read(latex) })
  return operator === '\\ne' && isName(left) && isConstant(right)
    ? { kind: 'set', items: [interval(null, open, read), interval(open, null, read)] }
    : { kind: 'relation', operator, left: side(left), right: side(right) }
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
  return interval(bound(ends[at - 1], signs[at - 1]), bound(ends[at + 1], signs[at]), read)
}

interface Bound {
  readonly end: string
  readonly isClosed: boolean
}

/** Makes an interval. A missing bound is infinite. */
const interval = (low: Bound | null, high: Bound | null, read: Read): Structure => ({
  kind: 'list',
  open: low?.isClosed === true ? '[' : '(',
  close: high?.isClosed === true ? ']' : ')',
  items: [read(low?.end ?? '-\\infty'), read(high?.end ?? '\\infty')],
})

/** Returns whether a text is a variable, with or without an index, a function of variables, or a point of variables. */
export const isName = (text: string): boolean =>
  /^(?:\\[a-zA-Z]+|[a-zA-Z])(?:_(?:\w|\{\w+\}))?'?(?: ?\([a-zA-Z](?: ?, ?[a-zA-Z])*\))?$|^\([a-zA-Z](?: ?, ?[a-zA-Z])+\)$/.test(
    text,
  ) && !/^\\(?:pi|infty)/.test(text)

/** Returns whether a text contains no variable. */
export const isConstant = (text: string): boolean => !/[a-zA-Z]/.test(text.replace(/\\[a-zA-Z]+/g, ''))
