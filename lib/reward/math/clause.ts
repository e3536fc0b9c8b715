import { functionWords } from './algebra/functions.js'
import { changesNumber, isUnit } from './units.js'
import { isWord } from './words.js'

/** Formula or number in a sentence, and the words around it up to the next ones. */
export interface Chunk {
  readonly before: readonly string[]
  readonly math: string
  readonly after: readonly string[]
  /** True if no other formula or number stands before it in the sentence. */
  readonly isFirst: boolean
}

/**
 * Returns the formulas between dollar signs or LaTeX brackets with their positions. Two dollar signs are signs of money
 * if a space stands before the second one, a digit after it, or words between them.
 */
export const formulasIn = (
  text: string,
): readonly { readonly content: string; readonly start: number; readonly end: number }[] => {
  const found: { content: string; start: number; end: number }[] = []
  formula.lastIndex = 0
  for (let match = formula.exec(text); match !== null; match = formula.exec(text)) {
    const [whole, display, inline, round, square] = match
    const end = match.index + whole.length
    if (inline !== undefined && isMoney(inline, text[end])) {
      formula.lastIndex = match.index + 1
      continue
    }
    const content = display ?? inline ?? round ?? square ?? ''
    found.push({ content: content.trim(), start: match.index, end })
  }
  return found
}

const formula =
  /\$\$([^$]{1,1000})\$\$|(?<!\\)\$([^$\n]{1,1000})(?<!\\)\$|\\\(([^\n]{1,1000}?)\\\)|\\\[([^]{1,1000}?)\\\]/g

const isMoney = (content: string, after: string | undefined): boolean => {
  if (/[\\^_{}]/.test(content)) return false
  const isSpaced = /\s$/.test(content) && !/^\s/.test(content)
  return isSpaced || /\d/.test(after ?? '') || /(?<![a-zA-Z])[a-zA-Z]{2,}/.test(content.replace(functions, ''))
}

const functions = new RegExp(`(?<![a-zA-Z])(?:${functionWords.join('|')})(?![a-zA-Z])`, 'g')

/** Short words of sentences. Other letters of this length are products of variables. */
const short = new Set(
  (
    'is of in to it he we so at on by my an as be do go if me no up us am the are has had was for not can all any get got ' +
    'her his our who you one two six ten day may now per she its but out how use too way'
  ).split(' '),
)

const isProse = (word: string, before: string, after: string): boolean => {
  const lower = word.toLowerCase()
  if (lower === 'or' || lower === 'and') return false
  if (word.length === 1) return /^[aI]$/i.test(word) && /^ [a-zA-Z]{2}/.test(after) && !/[\d)}^_]$/.test(before)
  if (functionWords.includes(word) || /[\\_{^]$/.test(before)) return false
  return (
    short.has(lower) ||
    isWord(word) ||
    (/\d ?$/.test(before) &&
      word.length < 4 &&
      /^(?:[cmk]m|kg|ml|ft|lb|lbs|oz|hr|hrs|am|pm|mph|min|mins)$/i.test(word)) ||
    (word.length > 3 && /[aeiouy]/.test(lower)) ||
    /['’]/.test(word)
  )
}

const wordForm = /[a-zA-Z](?:[a-zA-Z'’-]*[a-zA-Z])?/g

/** Words in text mode and formulas, which are not searched for words. */
const opaque = /\\(?:text|textbf|mathrm|mbox|operatorname)\s*\{[^{}]*\}|\u27e6\d+\u27e7|\\[a-zA-Z]+/g

/** Splits a sentence into its words, and its formulas and numbers. */
export const chunksOf = (sentence: string): readonly Chunk[] => {
  const formulas = formulasIn(sentence)
  const marked = formulas.reduceRight(
    (text, { start, end }, i) => `${text.slice(0, start)}\u27e6${i}\u27e7${text.slice(end)}`,
    sentence,
  )
  const hidden = marked.replace(opaque, (found) => '\u0001'.repeat(found.length))
  const pieces: { readonly isProse: boolean; readonly text: string }[] = []
  let at = 0
  for (const { 0: found, index } of hidden.matchAll(wordForm)) {
    if (
      !isProse(
        found,
        hidden.slice(Math.max(0, index - 3), index),
        hidden.slice(index + found.length, index + found.length + 4),
      )
    )
      continue
    pieces.push({ isProse: false, text: marked.slice(at, index) }, { isProse: true, text: found })
    at = index + found.length
  }
  pieces.push({ isProse: false, text: marked.slice(at) })
  const restore = (text: string) => text.replace(/\u27e6(\d+)\u27e7/g, (_, i) => ` ${formulas[Number(i)]!.content} `)
  return gathered(pieces.map((piece) => ({ ...piece, text: restore(piece.text) })))
}

const gathered = (pieces: readonly { readonly isProse: boolean; readonly text: string }[]): readonly Chunk[] => {
  const chunks: { before: string[]; math: string; after: string[]; isFirst: boolean }[] = []
  let words: string[] = []
  for (const { isProse: isWordPiece, text } of pieces) {
    if (isWordPiece) words.push(text)
    else if (/[0-9\\]|[a-zA-Z]/.test(text.replace(/(?<![a-zA-Z])(?:or|and)(?![a-zA-Z])/gi, ''))) {
      const last = chunks.at(-1)
      last?.after.push(...words)
      const [, opening = '', math = '', closing = ''] = edges.exec(text) ?? []
      chunks.push({ before: [...words, ...joiners(opening)], math, after: [], isFirst: last === undefined })
      words = joiners(closing)
    } else words.push(...joiners(text))
  }
  chunks.at(-1)?.after.push(...words)
  return chunks
}

/** Conjunctions and punctuation around a formula or number. */
const edges =
  /^((?:[\s,;:.]|\*\*|(?:and|or)(?![a-zA-Z]))*)([^]*?)((?:[\s,;:.!?]|\*\*|(?<![a-zA-Z])(?:and|or)(?![a-zA-Z]))*)$/i

const joiners = (text: string): string[] => text.match(/(?:or|and)|[,;:]/gi) ?? []

/** Number of words before a number that can change it. */
const NEAR = 4

const trimmedWords = (words: readonly string[]): readonly string[] => {
  const end = words.findIndex((word) => /^[,;:]$/.test(word))
  return end < 0 ? words : words.slice(0, end)
}

const wordsBefore = (words: readonly string[]): readonly string[] => {
  const start = words.findLastIndex((word) => /^[,;:]$/.test(word))
  return words.slice(start + 1).slice(-NEAR)
}

const reasons = /^(?:because|since|which|so|as|therefore|thus|hence|where|while|whereas|using|making)$/i

/** Returns the words after a number up to a word that begins a reason, or "and" with words. */
const ownWords = (words: readonly string[]): readonly string[] => {
  const own = trimmedWords(words)
  const end = own.findIndex(
    (word, i) => reasons.test(word) || (i >= 0 && /^and$/i.test(word) && !changesNumber(own.slice(i + 1))),
  )
  return end < 0 ? own : own.slice(0, end)
}

/**
 * Returns the answer of a chunk with the words of its unit; null if the words around it change it, as in "not 42", "at
 * least 42" and "42 or more".
 */
export const answerOf = ({ before, math, after, isFirst }: Chunk): string | null => {
  const near = wordsBefore(before)
  const own = ownWords(after)
  if (changesNumber(near) || /^or$/i.test(trimmedWords(after)[0] ?? '')) return null
  // "2 hours and 20 minutes" is one quantity, and "5 apples * 2" one product.
  if (!isFirst && ((near.some(isUnit) && !/^[=≈]/.test(math)) || /^(?:[*/+^×÷·]|-\s|\\times|\\cdot)/.test(math)))
    return null
  const result = isFirst ? math : math.replace(/^[=≈]\s*/, '')
  const [, number = result] = own.length > 0 ? (/^(.*\S)\s*\/$/.exec(result) ?? []) : []
  const words = `${number === result ? '' : 'per '}${own.join(' ')}`
  return words === '' ? number : `${number} \\text{ ${words}}`
}
