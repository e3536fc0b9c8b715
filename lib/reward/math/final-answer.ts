/**
 * Returns the answer that a text marks as final, or null if it marks none. The first of these marks in the list counts:
 *
 * 1. the last complete `\boxed{…}` (also `\fbox` and `\boxed 5`), with any braces inside
 * 2. the rest of the line after the last `####`, unless it is a heading
 * 3. the rest of the sentence after the last "the answer is", "answer:" or a similar phrase
 *
 * Reference solutions mark their answers in the same ways: GSM8K ends in `#### 42`, MATH has a `\boxed{42}`.
 *
 * @example
 * markedAnswer('The sum is \\boxed{42}.') // '42'
 */
export const markedAnswer = (text: string): string | null =>
  lastBoxed(text) ?? openBoxed(text) ?? lastHashed(text) ?? lastNamed(text)

/**
 * Returns the last formula between dollar signs or LaTeX brackets, or the last number if it is later in the text; null
 * if there is neither.
 *
 * @example
 * lastFormula('so $x = 2$ and $y = 3$') // 'y = 3'
 */
export const lastFormula = (text: string): string | null => {
  const [formula, number] = [lastMatch(text, formulas), lastMatch(text, numbers)]
  if (formula === null || (number !== null && number.index >= formula.index + formula[0].length))
    return number?.[0].trim() ?? null
  return contentOf(formula)
}

const box = /\\(?:boxed|fbox)(?![a-zA-Z])\s*/g

/** Returns the content of the last complete box; null if there is none. */
export const lastBoxed = (text: string): string | null => {
  for (const start of boxes(text).toReversed()) {
    const inside = text[start] === '{' ? contentOfGroup(text, start) : firstWord(text.slice(start, start + LONGEST))
    if (inside !== null) return inside.trim()
  }
  return null
}

/** Returns the rest of the text after a last box that does not close. It is an answer that cannot be read. */
const openBoxed = (text: string): string | null => {
  const last = boxes(text).at(-1)
  return last === undefined ? null : text.slice(last, last + LONGEST)
}

const boxes = (text: string): readonly number[] =>
  [...text.matchAll(box)].map(({ index, 0: opening }) => index + opening.length)

const firstWord = (text: string): string | null => /^[^\s$]+/.exec(text)?.[0] ?? null

/**
 * Returns the content of the braces that open at `start`; null if they do not close. A brace after a backslash is text.
 */
const contentOfGroup = (text: string, start: number): string | null => {
  let depth = 0
  for (let at = start; at < Math.min(text.length, start + LONGEST); at++) {
    const character = text[at]
    if (character === '\\') at++
    else if (character === '{') depth++
    else if (character === '}') depth--
    if (depth === 0) return text.slice(start + 1, at)
  }
  return null
}

const lastHashed = (text: string): string | null => {
  const at = text.lastIndexOf('####')
  if (at < 0) return null
  const [line = ''] = text
    .slice(at, at + LONGEST)
    .replace(/^#+/, '')
    .trimStart()
    .split('\n')
  return line.trim() === '' || isHeading(line) ? null : line.trim()
}

/** Returns whether the text after `####` is a heading in Markdown, as in `#### Step 2`. */
const isHeading = (line: string): boolean => /^[a-zA-Z]{2}/.test(line)

const inSentence = String.raw`\b(?:the|our|my|final|correct) answers?(?: to [^.\n:=]{0,200}?)? (?:is|are|equals|will be|would be|must be)\b`
const onLine = String.raw`^[^a-z0-9\n]{0,20}(?:(?:so|thus|hence|therefore),? )?(?:the )?(?:final |correct )?answer(?:\*\*)? ?[:=]`
const named = new RegExp(String.raw`(?:${inSentence}|${onLine})[:*\s]*`, 'gim')

const lastNamed = (text: string): string | null => {
  const phrase = lastMatch(text, named)
  if (phrase === null) return null
  const start = phrase.index + phrase[0].length
  const clause = text.slice(start, start + LONGEST)
  const [sentence = ''] = clause.split(/[.!?;](?:\s|$)|\n/)
  const formula = startingFormula.exec(clause)
  if (formula !== null) return contentOf(formula)
  const answer = sentence.trim()
  if (answer === '') return null
  return isProse(answer) ? (lastFormula(answer) ?? answer) : answer
}

/**
 * Returns whether a clause is a sentence with a number: "that she has 18 eggs", "15 gallons * 8 pints / gallon = 120
 * pints".
 */
const isProse = (clause: string): boolean => /^[a-z]{2,} .*\d|(?<![\\a-z])[a-z]{3,}[^=]*=.*\d/i.test(clause)

/** Length of the longest answer. It also limits the text that a pattern searches. @units characters */
const LONGEST = 1000

const formulas = /\$\$([^$]{1,1000})\$\$|\$([^$\n]{1,1000})\$|\\\(([^\n]{1,1000}?)\\\)|\\\[([^]{1,1000}?)\\\]/g

const startingFormula = new RegExp(`^(?:${formulas.source})`)

const contentOf = (formula: RegExpExecArray): string =>
  [...formula]
    .slice(1)
    .reduce((found: string, part: string | undefined) => found || (part ?? ''), '')
    .trim()

const numbers =
  /[-−]?(?:[$£€] ?)?(?:\d* ?\\[dt]?frac\{-?\d+\}\{\d+\}|\d+ \d+\/\d+|(?:\d[\d,]*\.?\d*|\.\d+)(?:\/\d+)?(?:e[-+]?\d+)?)(?: ?\\?%)?/g

const lastMatch = (text: string, pattern: RegExp): RegExpExecArray | null => [...text.matchAll(pattern)].at(-1) ?? null
