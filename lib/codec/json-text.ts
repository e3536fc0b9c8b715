/** Deepest nesting of arrays and objects in a JSON file. Files of models and data sets have less than ten levels. */
export const MAX_DEPTH = 64

/** Parses JSON text. @errors throws SyntaxError for text that is not JSON, and for more than {@link MAX_DEPTH} levels of nesting */
export const parseJsonText = (text: string): unknown => {
  const value: unknown = JSON.parse(text)
  if (isDeeperThan(MAX_DEPTH, value)) throw new SyntaxError(`arrays and objects in more than ${MAX_DEPTH} levels`)
  return value
}

/** Walks level by level, because a recursive walk would exhaust the stack. */
const isDeeperThan = (limit: number, value: unknown): boolean => {
  let level = containers([value])
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === limit) return true
    level = level.flatMap((each) => containers(Object.values(each)))
  }
  return false
}

const containers = (values: readonly unknown[]): readonly object[] =>
  values.filter((value): value is object => typeof value === 'object' && value !== null)

/**
 * Parses JSON text like {@link parseJsonText}. A number that a double cannot hold becomes text, so that it keeps its digits:
 * `12345678901234567890` becomes `"12345678901234567890"`.
 *
 * @errors throws SyntaxError
 */
export const parseExactJson = (text: string): unknown => {
  const value = parseJsonText(text)
  return MAY_BE_INEXACT.test(text) ? parseJsonText(quoteInexactNumbers(text)) : value
}

/** Numerals of 15 digits or fewer and a small exponent are exact; most lines are decided by this test alone. */
const MAY_BE_INEXACT = /\d[\d.]{15}|\d[eE][+-]?\d{2}/

const quoteInexactNumbers = (text: string): string => {
  const parts: string[] = []
  let done = 0
  for (const { start, end } of lexemes(text)) {
    const numeral = text.slice(start, end)
    if (!/^[-\d]/.test(numeral) || isExact(numeral)) continue
    parts.push(text.slice(done, start), `"${numeral}"`)
    done = end
  }
  return parts.join('') + text.slice(done)
}

/** Returns whether a numeral and the number that it is read as have the same decimal digits. */
export const isExact = (numeral: string): boolean => {
  const number = Number(numeral)
  return Number.isFinite(number) && normalForm(numeral) === normalForm(String(number))
}

/** Writes a numeral as digits without zeros at either end, and the power of ten of its last digit. */
const normalForm = (numeral: string): string => {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(numeral) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = withoutTrailingZeros(digits)
  if (significant === '') return '0'
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}

const withoutTrailingZeros = (digits: string): string => {
  let end = digits.length
  while (end > 0 && digits[end - 1] === '0') end--
  return digits.slice(0, end)
}

/** Returns the first key that an object of a JSON text has twice; null if there is none. `text` must be valid JSON. */
export const repeatedKey = (text: string): string | null => {
  const open: (Set<string> | null)[] = []
  let last: string | null = null
  for (const { start, end } of lexemes(text)) {
    const lexeme = text.slice(start, end)
    if (lexeme === '{') open.push(new Set())
    else if (lexeme === '[') open.push(null)
    else if (lexeme === '}' || lexeme === ']') open.pop()
    else if (lexeme === ':' && last !== null) {
      const [keys, key] = [open.at(-1), JSON.parse(last) as string]
      if (keys?.has(key)) return key
      keys?.add(key)
    }
    last = lexeme
  }
  return null
}

/** Yields the places of brackets, strings, numerals and separators of valid JSON. */
function* lexemes(text: string): Generator<{ readonly start: number; readonly end: number }> {
  for (let at = 0; at < text.length;) {
    const start = at
    const character = text[at++]!
    if (/\s/.test(character)) continue
    if (character === '"') at = endOfString(text, at)
    else if (/[\w+.-]/.test(character)) while (at < text.length && /[\w+.-]/.test(text[at]!)) at++
    yield { start, end: at }
  }
}

/** Returns the place after the quote that ends a string. */
const endOfString = (text: string, from: number): number => {
  let at = from
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}
