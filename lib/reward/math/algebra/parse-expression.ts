import { readNumber } from '../rational.js'
import {
  call,
  type Expression,
  fraction,
  hasPart,
  inverse,
  negative,
  number,
  power,
  product,
  squareRoot,
  sum,
  symbol,
} from './expression.js'
import { binomial, builders, functions, inverses } from './functions.js'
import { type Token, tokensOf } from './tokens.js'

/**
 * Parses an expression in normal form; null if it cannot be read or its meaning is in doubt. Letters are variables
 * except `e`, `i` and `\pi`, and `\log` without a base has base 10.
 */
export const parseExpression = (latex: string): Expression | null => {
  const tokens = tokensOf(latex)
  if (tokens === null || tokens.length === 0) return null
  try {
    const expression = new Parser(tokens).whole()
    return hasPart(expression, isInfinity) && !isInfiniteNumber(expression) ? null : expression
  } catch (error) {
    if (error instanceof Unreadable) return null
    throw error
  }
}

const isInfinity = (part: Expression): boolean => part.kind === 'symbol' && part.name === '\\infty'

/** Returns whether an expression is infinity itself with a sign, because nothing can be computed with it. */
const isInfiniteNumber = (expression: Expression): boolean =>
  isInfinity(expression) ||
  (expression.kind === 'product' && expression.factors.length === 2 && expression.factors.every(isSignOrInfinity))

const isSignOrInfinity = (factor: Expression, i: number): boolean =>
  i === 0 ? factor.kind === 'number' && factor.value.numerator === -1n : isInfinity(factor)

/** Ends the parsing of an expression that cannot be read. It does not leave this file. */
class Unreadable extends Error {}

const HUNDREDTH = fraction(1n, 100n)
const DEGREE = product(symbol('\\pi'), fraction(1n, 180n))
const closings: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }
const times: ReadonlySet<string> = new Set(['*', '\\cdot', '\\times', '\\ast'])
const over: ReadonlySet<string> = new Set(['/', '\\div'])

/** Largest depth of nested parts. @units calls of {@link Parser} */
const DEEPEST = 100

class Parser {
  #at = 0
  #depth = 0
  /** Number of bars `|` that are open around the current position. */
  #bars = 0

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): Expression {
    const expression = this.#sum()
    if (this.#at < this.tokens.length) throw new Unreadable()
    return expression
  }

  get #next(): string {
    return this.tokens[this.#at]?.text ?? ''
  }

  #accept(text: string): boolean {
    const found = this.#next === text && this.#at < this.tokens.length
    if (found) this.#at++
    return found
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw new Unreadable()
  }

  #sum(): Expression {
    if (++this.#depth > DEEPEST) throw new Unreadable()
    const terms = [this.#product()]
    while (this.#next === '+' || this.#next === '-') terms.push(this.#product())
    this.#depth--
    return sum(...terms)
  }

  #product(): Expression {
    const factors = [this.#signed()]
    for (;;) {
      if (times.has(this.#next)) {
        this.#at++
        factors.push(this.#signed())
      } else if (over.has(this.#next)) {
        this.#at++
        factors.push(inverse(this.#signed()))
      } else if (this.#startsFactor()) {
        factors.push(this.#power())
      } else return product(...factors)
    }
  }

  #signed(): Expression {
    let sign = 1
    for (; this.#next === '+' || this.#next === '-'; this.#at++) if (this.#next === '-') sign = -sign
    const factor = this.#power()
    return sign === 1 ? factor : negative(factor)
  }

  /** Returns whether a factor without a sign of multiplication follows. Two numbers side by side mean nothing. */
  #startsFactor(): boolean {
    const token = this.tokens[this.#at]
    if (token === undefined) return false
    const before = this.tokens[this.#at - 1]
    if (token.kind === 'number') {
      if (before?.kind === 'number') throw new Unreadable()
      return true
    }
    // TeX prints `1{2}` as 12.
    const isGlued = token.text === '{' && this.tokens[this.#at + 1]?.kind === 'number'
    if (isGlued && (before?.kind === 'number' || before?.text === '}')) throw new Unreadable()
    if (token.text === '|') return this.#bars === 0
    return token.kind === 'name' || token.text in closings || token.text in prefixes || token.text in functions
  }

  #power(): Expression {
    let base = this.#atom()
    for (;;) {
      if (this.#accept('!')) {
        if (this.#next === '!') throw new Unreadable()
        base = call('factorial', base)
      } else if (this.#accept('%')) base = product(base, HUNDREDTH)
      else if (this.#accept('^')) base = this.#acceptDegree() ? product(base, DEGREE) : power(base, this.#exponent())
      else return base
    }
  }

  #acceptDegree(): boolean {
    if (this.#accept('\\circ')) return true
    const found = this.#next === '{' && this.tokens[this.#at + 1]?.text === '\\circ'
    if (!found) return false
    this.#at += 2
    this.#expect('}')
    return true
  }

  #exponent(): Expression {
    if (++this.#depth > DEEPEST) throw new Unreadable()
    const exponent = this.#accept('-') ? negative(this.#atom()) : this.#atom()
    const tower = this.#accept('^') ? power(exponent, this.#exponent()) : exponent
    this.#depth--
    return tower
  }

  #atom(): Expression {
    const token = this.tokens[this.#at]
    if (token === undefined) throw new Unreadable()
    this.#at++
    if (token.kind === 'number') return this.#number(token.text)
    if (token.kind === 'name') return symbol(token.text)
    const closing = closings[token.text]
    if (closing !== undefined) return this.#until(closing)
    if (token.text === '|') return this.#absolute()
    const prefix = prefixes[token.text]
    if (prefix !== undefined) return prefix(this.#reader)
    const name = functions[token.text]
    if (name === undefined) throw new Unreadable()
    return this.#call(name)
  }

  #number(text: string): Expression {
    const read = readNumber(text)
    if (read === null) throw new Unreadable()
    const whole = number(read.value)
    const part = /^\d+$/.test(text) ? this.#simpleFraction() : null
    return part === null ? whole : sum(whole, part)
  }

  /** Reads the fraction of a mixed number, such as `1\frac{2}{3}`. */
  #simpleFraction(): Expression | null {
    const shape = this.tokens.slice(this.#at, this.#at + 7).map(({ kind, text }) => (kind === 'number' ? '0' : text))
    if (shape.join('') !== '\\frac{0}{0}') return null
    const [above, below] = [this.tokens[this.#at + 2]!.text, this.tokens[this.#at + 5]!.text]
    if (!/^\d+$/.test(above) || !/^\d*[1-9]\d*$/.test(below)) return null
    this.#at += 7
    return fraction(BigInt(above), BigInt(below))
  }

  #until(closing: string): Expression {
    const bars = this.#bars
    this.#bars = 0
    const inside = this.#sum()
    this.#expect(closing)
    this.#bars = bars
    return inside
  }

  #absolute(): Expression {
    this.#bars++
    const inside = this.#sum()
    this.#expect('|')
    this.#bars--
    return call('abs', inside)
  }

  readonly #reader: PartReader = {
    group: () => {
      if (this.#accept('{')) return this.#until('}')
      return this.#atom()
    },
    until: (closing) => this.#until(closing),
    option: () => (this.#accept('[') ? this.#until(']') : null),
  }

  #call(name: string): Expression {
    const base = this.#accept('_') ? this.#atom() : null
    const exponent = this.#accept('^') ? this.#exponent() : null
    const low = base ?? (this.#accept('_') ? this.#atom() : null)
    const isInverse = exponent !== null && isMinusOne(exponent) && name in inverses
    const build = builders[isInverse ? inverses[name]! : name]!
    const value = build(this.#operands(), low)
    if (value === null) throw new Unreadable()
    return exponent === null || isInverse ? value : power(value, exponent)
  }

  #operands(): readonly Expression[] {
    const closing = closings[this.#next]
    if (closing === undefined) return [this.#tightProduct()]
    this.#at++
    const operands = [this.#sum()]
    while (this.#accept(',')) operands.push(this.#sum())
    this.#expect(closing)
    return operands
  }

  /** Reads the operand of a function without brackets: `\sin 2x`. In `\sin x/2` it is not clear where it ends. */
  #tightProduct(): Expression {
    const factors = [this.#signed()]
    while (this.#startsFactor() && !(this.#next in closings) && !(this.#next in functions)) factors.push(this.#power())
    if (over.has(this.#next) || times.has(this.#next)) throw new Unreadable()
    return product(...factors)
  }
}

const isMinusOne = (expression: Expression): boolean =>
  expression.kind === 'product' &&
  expression.factors.every((factor) => factor.kind === 'number' && factor.value.denominator === 1n) &&
  expression.factors.map((factor) => (factor.kind === 'number' ? factor.value.numerator : 0n)).join() === '-1,1'

/** Functions of the parser that a prefix reads its parts with. */
interface PartReader {
  readonly group: () => Expression
  readonly until: (closing: string) => Expression
  /** Reads a part in square brackets; null if there is none. */
  readonly option: () => Expression | null
}

const prefixes: Readonly<Record<string, (read: PartReader) => Expression>> = {
  '\\frac': ({ group }) => product(group(), inverse(group())),
  '\\sqrt': ({ group, option }) => {
    const index = option()
    return index === null ? squareRoot(group()) : call('root', index, group())
  },
  '\\binom': ({ group }) => binomial(group(), group()),
  '\\lfloor': ({ until }) => call('floor', until('\\rfloor')),
  '\\lceil': ({ until }) => call('ceil', until('\\rceil')),
}
