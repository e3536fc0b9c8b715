import { hasValue } from './algebra/algebra.js'
import { isSameAnswer } from './equal.js'
import { readStructure } from './read-structure.js'
import { type Structure, valuesIn } from './structure.js'

/** Returns whether every value of an answer is a number, an expression with a value, or words. */
export const isReadable = (answer: Structure): boolean =>
  valuesIn(answer).every(({ exact, isText, latex }) => exact !== null || isText || hasValue(latex))

/** Texts that stand for an answer that is not given. */
const placeholder = /^(?:(?:your|my|the) )?(?:final )?(?:answer|result)(?: here)?$|^i (?:do not|don't) know$/i

/**
 * Reads the answer of a reference; null if it cannot be compared with others: it is empty, a placeholder, or notation
 * that breaks off. An expression that is not computed, such as a sum, is compared as it is written.
 */
export const readAnswer = (text: string): Structure | null => {
  const structure = /\p{L}|\p{N}|\\/u.test(text) ? readStructure(text) : null
  return structure === null || !isWhole(structure) ? null : structure
}

/** Returns whether a text is an answer that can be compared with others. */
export const isAnswer = (text: string): boolean => readAnswer(text) !== null

/** Returns whether the texts of two answers stand for the same answer. Texts that cannot be read must be equal. */
export const isSameText = (a: string, b: string): boolean => {
  const [one, other] = [readStructure(a), readStructure(b)]
  return a === b || (one !== null && other !== null && isSameAnswer(one, other))
}

/** Returns whether no expression breaks off after an operator or is without its operands. */
const isWhole = (structure: Structure): boolean =>
  valuesIn(structure).every(({ exact, isText, latex }) => {
    if (exact !== null) return true
    if (placeholder.test(latex.replaceAll('"', '').trim())) return false
    return isText || hasValue(latex) || !unfinished.test(latex)
  })

/** Signs at the end of an expression that something must follow, and commands without their operands. */
const unfinished =
  /(?:[-+*/^_=<>(,&]|\\(?:frac|d?frac|sqrt|cdot|times|le|ge|ne|in|cup|cap|to))\s*$|\\(?:frac|sqrt|binom)(?!\s*[{[])|\\frac ?\{[^{}]*\}(?!\s*\{)|\{\s*\}|^[^\p{L}\p{N}]*$/u
