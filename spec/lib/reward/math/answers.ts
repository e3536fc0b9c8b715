import type { Structure } from '#lib/reward/math/structure.js'
import { isSameAnswer } from '#lib/reward/math/equal.js'
import { readStructure } from '#lib/reward/math/read-structure.js'
import { fc } from '@fast-check/vitest'

export const structureOf = (text: string): Structure => {
  const structure = readStructure(text)
  if (structure === null) throw new Error(`not read: ${text}`)
  return structure
}

export const isSame = (a: string, b: string): boolean => isSameAnswer(structureOf(a), structureOf(b))

const pieces =
  '\\boxed{ \\frac \\frac{1}{2} \\sqrt \\sqrt{2} \\text{ \\left( \\right) \\{ \\} { } ( ) [ ] | < > = \\le \\ge \\ne \\in \\cup \\pm ' +
  '\\begin{pmatrix} \\end{pmatrix} & \\\\ 0 1 2 12 1,000 .5 x y xy e i \\pi \\infty + - * / ^ _ ! % \\% $ , ; : . \\cdot \\times ' +
  '\\circ ^\\circ \\binom \\log \\sin \\mathbb{R} \\emptyset \\, \\! or and cm dollars #### ½ √ − ∞ \\overline{3} \\mid \\sum \\int'

/** Texts of random pieces of answers in any order. */
export const anyAnswer: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...pieces.split(' '), ' '), { maxLength: 12 })
  .map((parts) => parts.join(''))
