import { answerOf, type Chunk, chunksOf, formulasIn } from './clause.js'

/** Answer that a text ends with. */
export interface FinalAnswer {
  readonly text: string
  /** True if the text breaks off inside the answer. Such an answer is wrong, whatever it says. */
  readonly isCut: boolean
  /** True if a box, `####` or a phrase marks it. */
  readonly isMarked: boolean
}

/**
 * Returns the final answer of a text; null if there is none. A mark is one of these, and the last mark that was begun
 * counts, even if it is empty or never ends:
 *
 *     \boxed{…}        also \fbox{…} and \boxed 5, with any braces inside
 *     #### 42          up to the end of the line, unless the line is a heading
 *     the answer is 42 also "answer: 42" and similar phrases, up to the end of the sentence, unless it is taken back
 *
 * Without a mark, it is the last formula or number. Words beside a number belong to it: "42 million" is not 42, and
 * "not 42", "at least 42" and "42 or more" are no answer. `isTruncated` says that the text was cut by a length limit:
 * then an answer at its very end is cut too.
 */
export const finalAnswer = (text: string, isTruncated = false): FinalAnswer | null => {
  const mark = lastMark(text, isTruncated)
  if (mark !== null) return { ...mark, isMarked: true }
  const unmarked = unmarkedAnswer(text, isTruncated)
  return unmarked === null ? null : { ...unmarked, isMarked: false }
}

/**
 * Returns the answer that a text marks as final, or null if it marks none: see {@link finalAnswer}. If the last mark
 * never ends, the rest of the text is returned.
 *
 * Reference solutions mark their answers in the same ways: GSM8K ends in `#### 42`, MATH has a `\boxed{42}`.
 *
 * @example
 * markedAnswer('The sum is \\boxed{42}.') // '42'
 */
export const markedAnswer = (text: string): string | null => lastMark(text, false)?.text ?? null

/**
 * Returns the content of the last box; null if there is none, or if the last box never closes. `mustBrace` leaves out
 * boxes without braces, such as `\boxed 5`.
 */
export const lastBoxed = (text: string, mustBrace = false): string | null => {
  const last = lastBox(text, false)
  return last === null || last.isCut || (mustBrace && !last.isBraced) ? null : last.text
}

/**
 * Returns the last formula between dollar signs or LaTeX brackets, or the last number if it is later in the text; null
 * if there is neither.
 *
 * @example
 * lastFormula('so $x = 2$ and $y = 3$') // 'y = 3'
 */
export const lastFormula = (text: string): string | null => {
  const [formula, number] = [formulasIn(text).at(-1), lastMatch(text, numbers)]
  if (formula === undefined || (number !== null && number.index >= formula.end)) return number?.[0].trim() ?? null
  return formula.content
}

interface Mark {
  readonly at: number
  readonly text: string
  readonly isCut: boolean
}

const lastMark = (text: string, isTruncated: boolean): Mark | null => {
  const strong = [lastBox(text, isTruncated), lastHashed(text, isTruncated)].filter((mark) => mark !== null)
  const latest = strong.reduce<Mark | null>((a, b) => (a === null || b.at > a.at ? b : a), null)
  return lastNamed(text, latest?.at ?? -1, isTruncated) ?? latest
}

const box = /\\(?:boxed|fbox)(?![a-zA-Z])\s*/g

interface Box extends Mark {
  readonly isBraced: boolean
}

const lastBox = (text: string, isTruncated: boolean): Box | null => {
  const begun = isTruncated
    ? /\\(?:b(?:o(?:x(?:ed?)?)?)?|f(?:b(?:ox?)?)?)?\s*$/.exec(text)
    : /\\(?:boxed|fbox)\s*$/.exec(text)
  if (begun !== null) return { at: begun.index, text: '', isCut: true, isBraced: false }
  for (const { index, 0: opening } of [...text.matchAll(box)].toReversed()) {
    const start = index + opening.length
    if (text[start] === '{') {
      const inside = contentOfGroup(text, start)
      return inside === null
        ? { at: index, text: text.slice(start, start + LONGEST), isCut: true, isBraced: true }
        : { at: index, text: inside.trim(), isCut: false, isBraced: true }
    }
    const word = unbraced.exec(text.slice(start, start + LONGEST))?.[0]
    const isLast = word !== undefined && start + word.length === text.trimEnd().length
    if (word !== undefined) return { at: index, text: word, isCut: isTruncated && isLast, isBraced: false }
  }
  return null
}

/** Content of a box without braces. Letters are left out, because `\boxed` also occurs in sentences. */
const unbraced = /^(?:[-+]?\d[\d.,]*|\\(?:frac|dfrac|sqrt)\{[^{}\s]*\}(?:\{[^{}\s]*\})?|\\pi)(?=[\s$.,;)\\]|$)/

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

const lastHashed = (text: string, isTruncated: boolean): Mark | null => {
  const end = text.trimEnd().length
  if (isTruncated && /(?:^|\n)[ \t]*#{1,3}\s*$/.test(text)) return { at: end, text: '', isCut: true }
  for (let at = text.lastIndexOf('####'); at >= 0; at = at === 0 ? -1 : text.lastIndexOf('####', at - 1)) {
    if (text[at - 1] === '#') continue
    const [line = ''] = text
      .slice(at, at + LONGEST)
      .replace(/^#+/, '')
      .split('\n')
    const stop = at + text.slice(at).search(/[^#]|$/) + line.length
    if (isHeading(line, text.slice(stop))) continue
    return { at, text: answerInClause(line) ?? line.trim(), isCut: isTruncated && stop >= end }
  }
  return null
}

/** Returns whether the text after `####` is a heading in Markdown, as in `#### Step 2` or `#### 1. Read the question`. */
const isHeading = (line: string, after: string): boolean =>
  /^\s*\**[a-zA-Z]{2}/.test(line) || (/^\s*\**\d{1,2}[.)]\**\s+[a-zA-Z]/.test(line) && after.trim() !== '')

const inSentence = String.raw`\b(?:the|our|my|final|correct) answers?(?: to [^.\n:=]{0,200}?)? (?:is|are|equals|will be|would be|must be)\b`
const onLine = String.raw`^[^a-z0-9\n]{0,20}(?:(?:so|thus|hence|therefore),? )?(?:the )?(?:final |correct )?answers?(?:\*\*)? ?[:=]`
const named = new RegExp(String.raw`(?:${inSentence}|${onLine})[:*\s]*`, 'gim')

/**
 * Returns the answer after the last phrase that is later than `after`. After a box or `####`, only a phrase with a
 * formula or number counts.
 */
const lastNamed = (text: string, after: number, isTruncated: boolean): Mark | null => {
  const phrase = lastMatch(text, named)
  if (phrase === null || phrase.index < after) return null
  const start = phrase.index + phrase[0].length
  const sentence = sentenceAt(text, start)
  const isCut = isTruncated && start + sentence.length >= text.trimEnd().length - 1
  if (isCut) return { at: phrase.index, text: sentence, isCut }
  if (isRetracted(text.slice(start + sentence.length))) return null
  const clear = answerInClause(sentence)
  if (after >= 0 && (clear === null || !/[\d\\]/.test(clear))) return null
  const answer = clear ?? sentence.trim()
  return answer === '' ? null : { at: phrase.index, text: answer, isCut }
}

/** Returns whether the text after an answer takes it back and states another: "The answer is 7. No, wait, it is 8." */
const isRetracted = (after: string): boolean => {
  const retraction = retractions.exec(after)
  return retraction !== null && /\d|\\/.test(after.slice(retraction[0].length))
}

const retractions =
  /^[\s.,;!?*–—-]*(?:(?:oh|hm+|but|oops)\b[\s,.!]*)?(?:no(?=[\s,.!?:–—-]+(?:wait|it|that|the answer|\d|\$|\\))|wait|actually|sorry|correction|scratch that|my mistake)\b/i

/** Returns the text from a position to the end of the sentence. Full stops and new lines in formulas end no sentence. */
const sentenceAt = (text: string, start: number): string => {
  const rest = text.slice(start, start + LONGEST)
  const formulas = formulasIn(rest)
  for (const { index } of rest.matchAll(/[.!?;](?=\s|\*|$)|\n/g))
    if (!formulas.some((formula) => formula.start < index && index < formula.end)) return rest.slice(0, index)
  return rest
}

/**
 * Returns the answer that a clause states; null if it does not state one clearly: a number with words that change it,
 * or several numbers among words.
 */
const answerInClause = (clause: string): string | null => {
  const bare = withoutRemark(clause).replace(/^[\s*:]+|[\s*]+$/g, '')
  const chunks = chunksOf(bare)
  const [first] = chunks
  if (first === undefined) return bare === '' ? null : bare.replace(/[.,;:!?]+$/, '')
  if (chunks.length === 1) return answerOf(first)
  const results = bare.includes('=') ? chunksOf(bare.slice(bare.lastIndexOf('=') + 1)) : []
  if (results.length === 1) return answerOf(results[0]!)
  return isExplained(first) ? answerOf(first) : null
}

/** Removes a remark in brackets at the end: "42 (see above)". */
const withoutRemark = (clause: string): string =>
  clause.replace(/\s+\((?=[^()]*[a-z]{3})(?![^()]*\b(?:or|mod|base|not)\b)[^()$\\]*\)(?=[\s.]*$)/i, '')

/** Returns whether the words after a chunk begin a reason: "12 because 3 times 4 is 12". */
const isExplained = ({ after }: Chunk): boolean =>
  after.some((word) => /^(?:because|since|as|so|which|where)$/i.test(word))

/** Number of characters at the end of a text that are searched for an answer without a mark. */
const TAIL = 4000

const unmarkedAnswer = (text: string, isTruncated: boolean): Omit<FinalAnswer, 'isMarked'> | null => {
  const tail = text.slice(-TAIL)
  const sentence = lastSentence(tail)
  if (sentence === null) return null
  const last = chunksOf(sentence.text.replace(/^\s*(?:[-*•]|\d+[.)])\s+(?=\S)/, '')).at(-1)
  if (last === undefined) return null
  const isAlternative = last.before.some((word) => /^or$/i.test(word))
  const answer = isAlternative ? null : answerOf(last)
  const isCut = isTruncated && sentence.end >= tail.trimEnd().length - 1
  return answer === null ? null : { text: answer, isCut }
}

/** Returns the last sentence or line with a formula or a number, and where it ends. */
const lastSentence = (text: string): { readonly text: string; readonly end: number } | null => {
  const formulas = formulasIn(text)
  const stops = [...text.matchAll(/[.!?](?=\s|$)|\n/g)]
    .map(({ index }) => index)
    .filter((index) => !formulas.some((formula) => formula.start < index && index < formula.end))
  let end = text.length
  for (const stop of [...stops.toReversed(), -1]) {
    const sentence = text.slice(stop + 1, end)
    if (/\d/.test(sentence) || formulas.some((formula) => formula.start > stop && formula.end <= end))
      return { text: sentence, end }
    end = stop
  }
  return null
}

/** Length of the longest answer. It also limits the text that a pattern searches. @units characters */
const LONGEST = 1000

const numbers =
  /[-−]?(?:[$£€] ?)?(?:\d* ?\\[dt]?frac\{-?\d+\}\{\d+\}|\d+ \d+\/\d+|(?:\d[\d,]*\.?\d*|\.\d+)(?:\/\d+)?(?:e[-+]?\d+)?)(?: ?\\?%)?/g

const lastMatch = (text: string, pattern: RegExp): RegExpExecArray | null => [...text.matchAll(pattern)].at(-1) ?? null
