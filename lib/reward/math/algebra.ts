import { digits } from './digits.js'
import { exactValue, isSameFraction } from './exact-value.js'
import { isFunction, type MathJson } from './math-json.js'

/** Equality of expressions in LaTeX. What cannot be read, or would take long to work out, equals nothing. */
export interface Algebra {
  /** Where `places` is given, as far as so many decimal places tell. */
  isEqual(a: string, b: string, places: number | null): boolean
  /** k where a = k b for all values of the variables; null where there is no such k, or it is 0. */
  ratio(a: string, b: string): number | null
  canRead(latex: string): boolean
}

/** What is used of the engine; its own declarations do not resolve in Node's modules. */
interface Engine {
  parse(latex: string, options: { readonly canonical: boolean }): Expression
  box(json: MathJson): Expression
}

interface Expression {
  readonly json: MathJson
  readonly unknowns: readonly string[]
  /** Of a number; NaN for what is none. */
  readonly re: number
  readonly im: number
  subs(values: Point): Expression
  N(): Expression
}

/**
 * The compute engine. It is loaded, a few megabytes, when an answer asks for it first.
 *
 * Expressions are equal where their values are: exactly for fractions, otherwise but for rounding, and with variables at
 * some points, complex where need be. That proves no identity, but two answers to one question that agree there are one.
 *
 * @errors rejects where the engine's module cannot be loaded
 */
export const loadAlgebra = (): Promise<Algebra> =>
  (loading ??= import('@cortex-js/compute-engine').then(({ ComputeEngine }) =>
    algebra(new (ComputeEngine as new () => Engine)()),
  ))

let loading: Promise<Algebra> | undefined

const algebra = (engine: Engine): Algebra => {
  const read = (latex: string): MathJson | null => {
    // Spaces mean nothing in LaTeX, so digits on both sides of one would be one number.
    if (latex.trim() === '' || /(?<!\^)\b\d+ \d/.test(latex)) return null
    const parsed = attempt(() => engine.parse(spelledOut(latex), { canonical: false }).json)
    return parsed === null || digits(parsed) > MOST_DIGITS ? null : parsed
  }
  const boxed = (latex: string): Expression | null => {
    const json = read(latex)
    return json === null ? null : attempt(() => engine.box(asProduct(json)))
  }
  /** Both values at some points; none where one cannot be read. */
  const valuesOf = (left: string, right: string): readonly Pair[] => {
    const [a, b] = [boxed(left), boxed(right)]
    return a !== null && b !== null ? pointsOf(namesIn(a, b)).flatMap((point) => both(a, b, point)) : []
  }
  const exactly = (latex: string) => {
    const json = read(latex)
    return json === null ? null : exactValue(json)
  }
  return {
    canRead: (latex) => read(latex) !== null,
    isEqual: (left, right, places) => {
      const [a, b] = [exactly(left), exactly(right)]
      if (a !== null && b !== null) return isSameFraction(a, b)
      const values = valuesOf(left, right)
      const within = places === null ? 0 : 10 ** -places / 2
      return values.length >= ENOUGH && values.every(([x, y]) => distance(x, y) <= Math.max(within, noise(x, y)))
    },
    ratio: (left, right) => {
      const values = valuesOf(left, right)
      const [first] = values
      if (first === undefined || values.length < ENOUGH || isZero(first[1])) return null
      const k = first[0].re / first[1].re
      const holds = values.every(([x, { re, im }]) => isClose(x, { re: k * re, im: k * im }))
      return holds && Number.isFinite(k) && k !== 0 ? k : null
    },
  }
}

/** What the engine does not read: names with an index, binomial coefficients. */
const spelledOut = (latex: string): string =>
  latex
    .replace(/(?<![a-zA-Z\\])([a-zA-Z])_(?:\{(\w+)\}|(\w))/g, '\\operatorname{$1$2$3}')
    .replace(/\\binom ?\{([^{}]*)\} ?\{([^{}]*)\}/g, '\\frac{($1)!}{($2)!(($1)-($2))!}')

/** With divisions as products with an inverse: the engine divides by complex numbers wrongly, and inverts them rightly. */
const asProduct = (json: MathJson): MathJson => {
  if (!isFunction(json)) return json
  const [head, ...operands] = json
  const [above, below, ...others] = operands.map(asProduct)
  if (head !== 'Divide' || above === undefined || below === undefined || others.length > 0)
    return [head!, ...operands.map(asProduct)]
  return ['Multiply', above, ['Power', below, -1]]
}

/** Numbers with more are no answers, and could fill the memory. */
const MOST_DIGITS = 5000

/** The engine throws at some of what it is given. */
const attempt = <A>(work: () => A): A | null => {
  try {
    return work()
  } catch {
    return null
  }
}

const namesIn = (...expressions: readonly Expression[]): readonly string[] => [
  ...new Set(expressions.flatMap(({ unknowns }) => unknowns)),
]

type Point = Readonly<Record<string, number>>

/** Three points, of both signs, far from where an expression is likely to be special. */
const pointsOf = (names: readonly string[]): readonly Point[] =>
  [1, 2, 3].map((point) =>
    Object.fromEntries(
      names.map((name, n) => [
        name,
        (point === 2 && n % 2 === 0 ? -1 : 1) * (0.3 + 2 * ((point * (n + 1) * GOLDEN) % 1)),
      ]),
    ),
  )

/** Points, of three, at which both sides must have values. */
const ENOUGH = 2

const GOLDEN = (Math.sqrt(5) - 1) / 2

interface Complex {
  readonly re: number
  readonly im: number
}

type Pair = readonly [Complex, Complex]

/** Both values, where both are finite. */
const both = (a: Expression, b: Expression, point: Point): readonly Pair[] => {
  const [x, y] = [valueAt(a, point), valueAt(b, point)]
  return x === null || y === null ? [] : [[x, y]]
}

const valueAt = (expression: Expression, point: Point): Complex | null => {
  const value = attempt(() => expression.subs(point).N())
  return value !== null && Number.isFinite(value.re) && Number.isFinite(value.im)
    ? { re: value.re, im: value.im }
    : null
}

const distance = (a: Complex, b: Complex): number => Math.hypot(a.re - b.re, a.im - b.im)

/** What rounding may add to values of this size. */
const noise = (a: Complex, b: Complex): number =>
  1e-11 * Math.max(Math.hypot(a.re, a.im), Math.hypot(b.re, b.im)) + 1e-16

const isClose = (a: Complex, b: Complex): boolean => distance(a, b) <= noise(a, b)

const isZero = ({ re, im }: Complex): boolean => Math.hypot(re, im) < 1e-12
