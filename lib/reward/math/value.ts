import { type Rational, readNumber } from './rational.js'

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
  /** True if it is a word, which is compared as text. */
  readonly isText: boolean
}

/** Reads one part of an answer in normal form. It removes degrees and units from numbers and recognises words. */
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

/** Pattern of words: letters with at least three in a row. Fewer letters are a product of variables. */
const words = /^(?=.*[a-zA-Z]{3})[a-zA-Z][a-zA-Z' .-]*$/

const withoutUnit = (text: string): string => {
  const [, number, unit] = measured.exec(text) ?? []
  if (number === undefined || unit === undefined) return text
  const bare = number.trim()
  return readNumber(bare.replace(/ ?%$/, '')) === null ? text : bare
}

/** Units that may follow a number without a space. */
const known =
  'mm|cm|dm|km|mg|kg|ml|mL|ft|in|yd|mi|lb|lbs|oz|hr|hrs|min|mins|sec|am|pm|AM|PM|mph|kph|USD|cents?|dollars?|units?|hours?|days?'

/** Pattern of a number followed by degrees, by a known unit, or by a space and any word of three letters or more. */
const measured = new RegExp(
  `^([-+.\\d][^a-zA-Z]*?(?:\\\\frac ?\\{[^{}]*\\} ?\\{[^{}]*\\}|\\\\times ?10 ?\\^ ?(?:\\d|\\{[^{}]*\\}))?|\\\\frac ?\\{[^{}]*\\} ?\\{[^{}]*\\})` +
    `(\\^\\{\\\\circ\\}.{0,2}|-? ?(?:${known})(?![a-zA-Z]).*| -?[a-zA-Z]{3}[a-zA-Z .,/'()^{}\\d-]*)$`,
)

/** Returns a word without case, spaces and punctuation, which do not count in a comparison. */
export const foldText = ({ latex }: Value): string => latex.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Removes the spaces of an expression, which mean nothing in LaTeX. Spaces between digits stay. */
export const squeezeSpaces = (latex: string): string => latex.replace(/(?<!\d) +| +(?!\d)/g, '')
