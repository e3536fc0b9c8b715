import { DOLLAR } from './normal-form.js'
import { nestingDepth } from './brackets.js'
import { ONE, type Rational, readNumber, times } from './rational.js'
import { canonicalUnit, changesNumber, isUnit, scales } from './units.js'
import { arePlainWords, isWord } from './words.js'

/** Number, expression or word in an answer. */
export interface Value {
  /** Text in normal form, without unit. */
  readonly latex: string
  /** Value of a number that needs no algebra, 50 for `50%`; otherwise null. */
  readonly exact: Rational | null
  /** Digits after the decimal point; null if it is not written as a decimal. */
  readonly places: number | null
  /** True if the number is followed by a percent sign. */
  readonly percent: boolean
  /** True if it is a word, or a number with words that change it. It is compared as text. */
  readonly isText: boolean
  /** Known unit; null if there is none, or if its name is not known. */
  readonly unit: string | null
}

/** Reads one part of an answer in normal form. It separates numbers from their units and recognises words. */
export const readValue = (text: string): Value => {
  const { sign, money, rest } = splitMoney(text.replace(/^\+ ?/, ''))
  const { body, tail } = splitWords(rest)
  if (body === '' || changesNumber(wordsOf(tail.afterScales))) return word(text)
  const value = number(`${sign}${body}`, tail.scale)
  return { ...value, unit: value.unit ?? money ?? canonicalUnit(tail.afterScales) }
}

const word = (text: string): Value => ({
  latex: text,
  exact: null,
  places: null,
  percent: false,
  isText: true,
  unit: null,
})

const number = (text: string, scale: bigint): Value => {
  const [, bare = text] = withDegrees.exec(text) ?? []
  const percent = bare.endsWith('%')
  const written = percent ? bare.slice(0, -1).trim() : bare
  const read = readNumber(written)
  const isScaled = scale !== 1n
  const factor: Rational = { ...ONE, numerator: scale }
  return {
    latex: isScaled ? `(${written})\\cdot ${scale}` : written,
    exact: read === null ? null : times(read.value, factor),
    places: isScaled ? null : (read?.places ?? null),
    percent,
    isText: read === null && arePlainWords(written),
    unit: bare === text ? null : 'degree',
  }
}

/** Pattern of a number of degrees. In `\sin 30^\circ` the degrees belong to the operand. */
const withDegrees = /^((?!.*\\(?:sin|cos|tan|cot|sec|csc)).*\S) ?\^\{\\circ\}(?: ?[CF])?$/

/** Units of the signs of money. */
const currencies: Readonly<Record<string, string | null>> = {
  [DOLLAR]: 'dollar',
  '€': 'euro',
  '£': null,
  '¥': null,
  '₹': null,
}

const splitMoney = (text: string): { readonly sign: string; readonly money: string | null; readonly rest: string } => {
  const [, sign = '', symbol = '', rest = text] = new RegExp(`^(-?) ?([${DOLLAR}€£¥₹]) ?(.*)$`).exec(text) ?? []
  return { sign, money: currencies[symbol] ?? null, rest }
}

interface Tail {
  readonly scale: bigint
  readonly afterScales: string
}

/**
 * Splits an expression from the words after it, and the words that multiply it from the others: `2.5 "million" "dollars"`.
 * The body is empty if the text begins with a word, or if more numbers follow the words.
 */
const splitWords = (text: string): { readonly body: string; readonly tail: Tail } => {
  const at = startOfWords(text)
  if (at < 0) return { body: text, tail: { scale: 1n, afterScales: '' } }
  const body = text
    .slice(0, at)
    .replace(/[- ]+$/, '')
    .trim()
  const after = text.slice(at).replace(/[[\]]/g, ' ')
  const { scale, rest } = splitScales(after)
  const bare = rest.replace(/\^ ?(?:\{ ?-?\d ?\}|-?\d)/g, '')
  const outside = bare.replace(/"[^"]*"|\\cdot/g, ' ')
  const isUnclear = /[\d=<>|\\+]|(?<![a-zA-Z/])[b-zB-Z](?![a-zA-Z])/.test(outside) || nestingDepth(body) === null
  return { body: isUnclear ? '' : body, tail: { scale, afterScales: rest } }
}

const splitScales = (text: string): { readonly scale: bigint; readonly rest: string } => {
  let [scale, rest] = [1n, text.trim()]
  for (;;) {
    const [first = '', name = ''] = /^"?([a-zA-Z]+)(?:"|\b) ?/.exec(rest) ?? []
    const factor = scales.get(name.toLowerCase())
    if (factor === undefined) return { scale, rest }
    scale *= factor
    const left = rest.slice(first.length)
    rest = first.startsWith('"') && !first.includes('"', 1) ? `"${left}` : left
  }
}

const words = /"[^"]*"|(?<![\\a-zA-Z_{^])[a-zA-Z]+(?![a-zA-Z])/g

/** Returns where the words begin that follow a number; -1 if there are none. Bare letters are words if they are known. */
const startOfWords = (text: string): number => {
  for (const { 0: found, index } of text.matchAll(words)) {
    const isSubscript = /_ ?\{? ?$/.test(text.slice(0, index))
    if (isSubscript) continue
    const before = text.slice(0, index)
    if (found.startsWith('"')) return index
    if (before === '' || !/[\d}%)][- ]?$/.test(before)) {
      if (before === '' && arePlainWords(text)) return -1
      if (isWord(found) && found.length > 2) return index
      continue
    }
    if (before.endsWith(' ') ? found.length > 1 && isAfterNumber(found) : attached.test(found)) return index
  }
  return -1
}

/** Returns whether letters after a number and a space are a word. */
const isAfterNumber = (letters: string): boolean =>
  isUnit(letters) || scales.has(letters.toLowerCase()) || changesNumber([letters]) || isWord(letters)

/** Units that may follow a number without a space. Other letters are factors. */
const attached =
  /^(?:mm|cm|dm|km|mg|kg|ml|mL|ft|in|yd|mi|lbs?|oz|hrs?|mins?|secs?|mph|kph|USD|cents?|dollars?|units?|hours?|days?)$/

const wordsOf = (tail: string): readonly string[] => tail.match(/[a-zA-Z.'’]+/g) ?? []

/** Returns a text without case, spaces, articles and punctuation, which do not count in a comparison of words. */
export const foldText = ({ latex }: Value): string =>
  latex
    .replace(/"/g, ' ')
    .trim()
    .toLowerCase()
    .replace(/^(?:an?|the) (?=[a-z])/, '')
    .replace(/(?<=[a-z])-(?=[a-z])/g, '')
    .replace(/[\s.,;!?'(){}]|:(?!\d)/g, '')

/** Removes the spaces of an expression, which mean nothing in LaTeX. Spaces between digits stay. */
export const squeezeSpaces = (latex: string): string => latex.replace(/(?<!\d) +| +(?!\d)/g, '')
