import { type Rational, readNumber } from './rational.js'

/** One number, expression or word of an answer. */
export interface Value {
  /** In normal form, without unit. */
  readonly latex: string
  /** What it is, where that takes no algebra; of `50%` it is 50. */
  readonly exact: Rational | null
  /** Digits behind the decimal point; null for what is not written as a decimal. */
  readonly places: number | null
  readonly percent: boolean
  /** Words are compared as words. */
  readonly isText: boolean
}

/** Reads one part of an answer that is in normal form: strips degrees and units from numbers, tells words from algebra. */
export const readValue = (text: string): Value => {
  const bare = withoutUnit(text.replace(/^\+ ?/, ''))
  const percent = bare.endsWith('%')
  const latex = percent ? bare.slice(0, -1).trim() : bare
  const number = readNumber(latex)
  return {
    latex,
    exact: number?.value ?? null,
    places: number?.places ?? null,
    percent,
    isText: number === null && words.test(latex),
  }
}

/** Letters alone, three of them in a row at least: shorter ones are products of variables. */
const words = /^(?=.*[a-zA-Z]{3})[a-zA-Z][a-zA-Z' .-]*$/

const withoutUnit = (text: string): string => {
  const [, number, unit] = measured.exec(text) ?? []
  if (number === undefined || unit === undefined) return text
  const bare = number.trim()
  return readNumber(bare.replace(/ ?%$/, '')) === null ? text : bare
}

/** A number, then degrees, or words: with a space before them any of three letters, without one only the units known. */
const known =
  'mm|cm|dm|km|mg|kg|ml|mL|ft|in|yd|mi|lb|lbs|oz|hr|hrs|min|mins|sec|am|pm|AM|PM|mph|kph|USD|cents?|dollars?|units?|hours?|days?'
const measured = new RegExp(
  `^([-+.\\d][^a-zA-Z]*?(?:\\\\frac ?\\{[^{}]*\\} ?\\{[^{}]*\\}|\\\\times ?10 ?\\^ ?(?:\\d|\\{[^{}]*\\}))?|\\\\frac ?\\{[^{}]*\\} ?\\{[^{}]*\\})` +
    `(\\^\\{\\\\circ\\}.{0,2}|-? ?(?:${known})(?![a-zA-Z]).*| -?[a-zA-Z]{3}[a-zA-Z .,/'()^{}\\d-]*)$`,
)

/** Texts that differ in nothing but case, spaces and marks are one. */
export const folded = ({ latex }: Value): string => latex.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Spaces mean nothing in LaTeX, but between digits. */
export const squeezed = (latex: string): string => latex.replace(/(?<!\d) +| +(?!\d)/g, '')
