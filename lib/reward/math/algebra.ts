import { uniform } from '../../random/uniform.js'
import { digits } from './digits.js'
import { exactValue, isSameFraction } from './exact-value.js'
import { isFunction, type MathJson } from './math-json.js'

/**
 * Comparison of LaTeX expressions. An expression that cannot be read, or takes too long to compute, equals no other.
 */
export interface Algebra {
  /** Returns whether two expressions are equal; if `places` is a number, after rounding to so many decimal places. */
  isEqual(a: string, b: string, places: number | null): boolean
  /** Returns k if a = k b for all values of the variables; null if there is no such k or it is 0. */
  ratio(a: string, b: string): number | null
  /** Returns whether an expression can be read. */
  canRead(latex: string): boolean
}

/** Part of the compute engine that is used here. Its own declarations do not resolve as modules of Node.js. */
interface Engine {
  parse(latex: string, options: { readonly canonical: boolean }): Expression
  box(json: MathJson): Expression
}

interface Expression {
  readonly json: MathJson
  readonly unknowns: readonly string[]
  /** Real part; NaN if the expression is not a number. */
  readonly re: number
  readonly im: number
  subs(values: Readonly<Record<string, number>>): Expression
  N(): Expression
}

/**
 * Loads the compute engine, a module of a few megabytes, at the first call.
 *
 * Two expressions are equal if their values are equal. Fractions are compared exactly, other numbers up to rounding,
 * and expressions with variables at several points, which may give complex values. Equal values at some points do not
 * prove an identity, but two answers to the same question that agree there are the same answer.
 *
 * @errors rejects if the module of the engine cannot be loaded
 */
export const loadAlgebra = (): Promise<Algebra> =>
  (loading ??= import('@cortex-js/compute-engine').then(({ ComputeEngine }) =>
    algebra(new (ComputeEngine as new () => Engine)()),
  ))

let loading: Promise<Algebra> | undefined

const algebra = (engine: Engine): Algebra => {
  const read = memoize((latex: string): MathJson | null => {
    // LaTeX ignores spaces, so `1 2` would be read as 12.
    if (latex.trim() === '' || /(?<!\^)\b\d+ \d/.test(latex)) return null
    const parsed = attempt(() => engine.parse(rewriteNotation(latex), { canonical: false }).json)
    return parsed === null || digits(parsed) > MOST_DIGITS ? null : parsed
  })
  const exactly = memoize((latex: string) => {
    const json = read(latex)
    return json === null ? null : exactValue(json)
  })
  /**
   * Values at fractional points and at whole points. A value is null if there is none: `x!` has values at whole points
   * only.
   */
  const [between, whole] = [valueBetween, wholeValue].map((valueOf) =>
    memoize((latex: string): Sample => {
      const json = read(latex)
      const expression = json === null ? null : attempt(() => engine.box(asProduct(json)))
      return expression === null
        ? { values: [], varies: false }
        : {
            values: POINTS.map((point) => valueAt(expression, valueOf, point)),
            varies: expression.unknowns.length > 0,
          }
    }),
  ) as [Sampling, Sampling]
  const pairsOf = (left: string, right: string): readonly Pair[] => {
    const pairs = pairValues(between(left), between(right))
    return pairs.length >= ENOUGH ? pairs : pairValues(whole(left), whole(right))
  }
  return {
    canRead: (latex) => read(latex) !== null,
    isEqual: (left, right, places) => {
      const [a, b] = [exactly(left), exactly(right)]
      if (a !== null && b !== null) return isSameFraction(a, b)
      const within = places === null ? 0 : 10 ** -places / 2
      const pairs = pairsOf(left, right)
      return pairs.length >= ENOUGH && pairs.every(({ x, y, noise }) => distance(x, y) <= Math.max(within, noise))
    },
    ratio: (left, right) => {
      const pairs = pairsOf(left, right)
      const [first] = pairs
      if (first === undefined || pairs.length < ENOUGH || size(first.y) <= first.noise) return null
      const k = first.x.re / first.y.re
      const holds = pairs.every(({ x, y, noise }) => distance(x, { re: k * y.re, im: k * y.im }) <= noise)
      return holds && Number.isFinite(k) && k !== 0 ? k : null
    },
  }
}

interface Sample {
  readonly values: readonly (Complex | null)[]
  readonly varies: boolean
}

type Sampling = (latex: string) => Sample

/**
 * Caches a function of an expression, because the members of a set are compared many times. A full cache is emptied.
 */
const memoize = <A>(work: (latex: string) => A): ((latex: string) => A) => {
  const known = new Map<string, A>()
  return (latex) => {
    if (!known.has(latex)) {
      if (known.size === 1000) known.clear()
      known.set(latex, work(latex))
    }
    return known.get(latex)!
  }
}

/** Rewrites notation that the engine does not read: names with an index and binomial coefficients. */
const rewriteNotation = (latex: string): string =>
  latex
    .replace(/(?<![a-zA-Z\\])([a-zA-Z])_(?:\{(\w+)\}|(\w))/g, '\\operatorname{$1$2$3}')
    .replace(/\\binom ?\{([^{}]*)\} ?\{([^{}]*)\}/g, '\\frac{($1)!}{($2)!(($1)-($2))!}')

/**
 * Rewrites divisions as products with an inverse, because the engine inverts complex numbers correctly but divides by
 * them wrongly.
 */
const asProduct = (json: MathJson): MathJson => {
  if (!isFunction(json)) return json
  const [head, ...operands] = json
  const [above, below, ...others] = operands.map(asProduct)
  if (head !== 'Divide' || above === undefined || below === undefined || others.length > 0)
    return [head!, ...operands.map(asProduct)]
  return ['Multiply', above, ['Power', below, -1]]
}

/** Largest number of digits of an intermediate result. A longer number is not an answer and could fill the memory. */
const MOST_DIGITS = 5000

/** Returns null if the engine throws, as it does for some expressions. */
const attempt = <A>(work: () => A): A | null => {
  try {
    return work()
  } catch {
    return null
  }
}

type ValueOf = (name: string, point: number) => number

const POINTS = [0, 1, 2]

/** Number of points at which both sides must have values. */
const ENOUGH = 2

/** Fractional value of a variable, of either sign and away from values at which expressions are often special. */
const valueBetween: ValueOf = (name, point) => (point === 1 ? -1 : 1) * (0.3 + 2 * uniformOf(name, point))

/** Whole value of a variable, from 3 to 9. */
const wholeValue: ValueOf = (name, point) => 3 + Math.floor(7 * uniformOf(name, point))

/** Random number in [0, 1) that depends on the name of the variable, so that both sides get the same value. */
const uniformOf: ValueOf = (name, point) => uniform(point, ...Array.from(name, (letter) => letter.charCodeAt(0)))

interface Complex {
  readonly re: number
  readonly im: number
}

const valueAt = (expression: Expression, valueOf: ValueOf, point: number): Complex | null => {
  const values = Object.fromEntries(expression.unknowns.map((name) => [name, valueOf(name, point)]))
  const value = attempt(() => expression.subs(values).N())
  return value !== null && Number.isFinite(value.re) && Number.isFinite(value.im)
    ? { re: value.re, im: value.im }
    : null
}

interface Pair {
  readonly x: Complex
  readonly y: Complex
  /** Largest difference that rounding explains. */
  readonly noise: number
}

/**
 * Returns the pairs of values at the points where both sides have one. Values of expressions with variables get a
 * larger tolerance, because they lose precision when large terms cancel.
 */
const pairValues = (a: Sample, b: Sample): readonly Pair[] => {
  const [relative, absolute] = a.varies || b.varies ? [1e-8, 1e-12] : [1e-11, 1e-16]
  return a.values.flatMap((x, i) => {
    const y = b.values[i] ?? null
    return x === null || y === null ? [] : [{ x, y, noise: relative * Math.max(size(x), size(y)) + absolute }]
  })
}

const size = ({ re, im }: Complex): number => Math.hypot(re, im)

const distance = (a: Complex, b: Complex): number => Math.hypot(a.re - b.re, a.im - b.im)
