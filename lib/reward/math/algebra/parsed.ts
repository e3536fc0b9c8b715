import type { Approximation } from './arithmetic.js'
import { evaluate } from './evaluate.js'
import { type ExactForm, exactForm } from './exact-form.js'
import { type Expression, variablesOf } from './expression.js'
import { parseExpression } from './parse-expression.js'

/** Expression that was read, and its exact form; the form is null if it would be too large. */
export interface Parsed {
  readonly expression: Expression
  readonly form: ExactForm | null
  /** Value of an expression without variables, to 60 digits; null if it has variables or no value. */
  readonly value: () => Approximation | null
}

/** Number of expressions whose results are kept. */
const KEPT = 1000

const known = new Map<string, Parsed | null>()

/**
 * Parses an expression in normal form; null if it cannot be read. Results are kept, because the members of a set are
 * compared many times. A full cache is emptied.
 */
export const parsed = (latex: string): Parsed | null => {
  const found = known.get(latex)
  if (found !== undefined) return found
  if (known.size === KEPT) known.clear()
  const expression = parseExpression(latex)
  const result =
    expression === null ? null : { expression, form: exactForm(expression), value: lazily(() => valueOf(expression)) }
  known.set(latex, result)
  return result
}

const valueOf = (expression: Expression): Approximation | null =>
  variablesOf(expression).size > 0 ? null : evaluate(expression, new Map(), { digits: 60, staysReal: false })

const lazily = <A>(compute: () => A): (() => A) => {
  let found: { readonly value: A } | undefined
  return () => (found ??= { value: compute() }).value
}
