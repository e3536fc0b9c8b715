import { uniform } from '../../random/uniform.js'
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
  subs(values: Readonly<Record<string, number>>): Expression
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
  const read = remembered((latex: string): MathJson | null => {
    // Spaces mean nothing in LaTeX, so digits on both sides of one would be one number.
    if (latex.trim() === '' || /(?<!\^)\b\d+ \d/.test(latex)) return null
    const parsed = attempt(() => engine.parse(spelledOut(latex), { canonical: false }).json)
    return parsed === null || digits(parsed) > MOST_DIGITS ? null : parsed
  })
  const exactly = remembered((latex: string) => {
    const json = read(latex)
    return json === null ? null : exactValue(json)
  })
  /** The values at points of each kind, null where it has none: with `x!` that is so but at whole numbers. */
  const [between, whole] = [valueBetween, wholeValue].map((valueOf) =>
    remembered((latex: string): Sample => {
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
    const pairs = paired(between(left), between(right))
    return pairs.length >= ENOUGH ? pairs : paired(whole(left), whole(right))
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

/** Sides of many comparisons, such as members of sets, are worked out once. It forgets all when it knows much. */
const remembered = <A>(work: (latex: string) => A): ((latex: string) => A) => {
  const known = new Map<string, A>()
  return (latex) => {
    if (!known.has(latex)) {
      if (known.size === 1000) known.clear()
      known.set(latex, work(latex))
    }
    return known.get(latex)!
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

type ValueOf = (name: string, point: number) => number

const POINTS = [0, 1, 2]

/** Of three points, those at which both sides must have values. */
const ENOUGH = 2

/** Of both signs, and far from where an expression is likely to be special. */
const valueBetween: ValueOf = (name, point) => (point === 1 ? -1 : 1) * (0.3 + 2 * drawn(name, point))

const wholeValue: ValueOf = (name, point) => 3 + Math.floor(7 * drawn(name, point))

/** By its name, so that a variable has one value on both sides. */
const drawn: ValueOf = (name, point) => uniform(point, ...Array.from(name, (letter) => letter.charCodeAt(0)))

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
  /** What rounding may add. */
  readonly noise: number
}

/** Where both have values. Those at points have the precision of doubles, and lose some where large parts cancel. */
const paired = (a: Sample, b: Sample): readonly Pair[] => {
  const [relative, absolute] = a.varies || b.varies ? [1e-8, 1e-12] : [1e-11, 1e-16]
  return a.values.flatMap((x, i) => {
    const y = b.values[i] ?? null
    return x === null || y === null ? [] : [{ x, y, noise: relative * Math.max(size(x), size(y)) + absolute }]
  })
}

const size = ({ re, im }: Complex): number => Math.hypot(re, im)

const distance = (a: Complex, b: Complex): number => Math.hypot(a.re - b.re, a.im - b.im)
