import * as untyped from '@huggingface/jinja'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'

/** Expression of a template. */
interface Expression {
  readonly type: string
  readonly [field: string]: unknown
}

/** Value during a rendering. */
interface TemplateValue {
  readonly type: string
  readonly value: string
}

/** Variables of a rendering. */
export interface TemplateEnvironment {
  set(name: string, value: unknown): TemplateValue
  lookupVariable(name: string): TemplateValue
}

/** Methods of the library that are used here. Its own types have imports that Node does not resolve. */
interface Evaluation {
  run(parsed: unknown): TemplateValue
  evaluateCallExpression(call: Expression, environment: TemplateEnvironment): TemplateValue
  evaluateTestExpression(test: Expression, environment: TemplateEnvironment): TemplateValue
  applyFilter(operand: TemplateValue, filter: Expression, environment: TemplateEnvironment): TemplateValue
  evaluateArguments(args: unknown, environment: TemplateEnvironment): readonly [readonly TemplateValue[], unknown]
}

const library = untyped as unknown as {
  readonly Template: new (template: string) => { readonly parsed: unknown }
  readonly Environment: new () => TemplateEnvironment
  readonly Interpreter: new (environment: TemplateEnvironment) => Evaluation
}

export const { Template, Environment } = library

/** Functions, filters and tests of every template, for error messages. */
const FUNCTIONS = 'namespace, range, raise_exception, strftime_now, or a macro of the template'
const FILTERS =
  'abs, capitalize, default, dictsort, first, float, indent, int, items, join, last, length, list, lower, map, rejectattr, replace, reverse, safe, selectattr, sort, string, title, tojson, trim, unique, upper'
const TESTS =
  'boolean, callable, defined, eq, equalto, even, false, integer, iterable, lower, mapping, none, number, odd, sequence, string, true, undefined, upper'

/** Start of the library's message about a call of something else than a function. */
const NO_FUNCTION = 'Cannot call something that is not a function'

/** What {@link TemplateInterpreter} needs besides the variables. */
export interface TemplateContext {
  /** Place of the template, which errors name. */
  readonly file: string
  /** Implements `strftime_now` for a template that calls it although no variable defines it; undefined if there is no date. */
  readonly strftimeNow: ((format: string) => string) | undefined
}

/** Interpreter whose errors name the function, filter or test that a template uses and that does not exist here. */
export class TemplateInterpreter extends library.Interpreter {
  constructor(
    environment: TemplateEnvironment,
    private readonly context: TemplateContext,
  ) {
    super(environment)
  }

  override evaluateCallExpression(call: Expression, environment: TemplateEnvironment): TemplateValue {
    const name = textOf(call['callee'])
    const { strftimeNow } = this.context
    if (name === STRFTIME_NOW && strftimeNow !== undefined && isUndefined(environment.lookupVariable(name))) {
      const [[format]] = this.evaluateArguments(call['args'], environment)
      return new Environment().set('text', strftimeNow(String(format?.value)))
    }
    try {
      return super.evaluateCallExpression(call, environment)
    } catch (cause) {
      if (!(cause instanceof Error) || !cause.message.startsWith(NO_FUNCTION)) throw cause
      throw this.#missing(`a call of ${name}`, name === STRFTIME_NOW ? DATE : `a function: ${FUNCTIONS}`)
    }
  }

  override applyFilter(operand: TemplateValue, filter: Expression, environment: TemplateEnvironment): TemplateValue {
    try {
      return super.applyFilter(operand, filter, environment)
    } catch (cause) {
      if (!isUnknown(cause, 'Cannot apply filter', 'filter:')) throw cause
      throw this.#missing(
        `filter ${textOf(filter['callee'] ?? filter)} of ${kindOf(operand)}`,
        `a filter of it: ${FILTERS}`,
      )
    }
  }

  override evaluateTestExpression(test: Expression, environment: TemplateEnvironment): TemplateValue {
    try {
      return super.evaluateTestExpression(test, environment)
    } catch (cause) {
      if (!isUnknown(cause, 'Unknown test')) throw cause
      throw this.#missing(`test ${textOf(test['test'])}`, `a test: ${TESTS}`)
    }
  }

  #missing(found: string, expected: string): CheckpointError {
    return new CheckpointError(this.context.file, found, expected)
  }
}

const STRFTIME_NOW = 'strftime_now'
const DATE = 'a date for it: the template variable strftime_now, such as 2026-11-30'

const isUndefined = ({ type }: TemplateValue): boolean => type === 'UndefinedValue'

const isUnknown = (cause: unknown, ...texts: readonly string[]): boolean =>
  cause instanceof Error && !(cause instanceof CheckpointError) && texts.some((text) => cause.message.includes(text))

/** Returns the type of a value in words: `StringValue` is `a string`. */
const kindOf = ({ type }: TemplateValue): string => type.replace(/Value$/, '').toLowerCase()

/** Returns the text of a name or of a member: `foo`, `message.foo`. */
const textOf = (expression: unknown): string => {
  const { type, value, object, property } = expression as Expression
  if (type === 'MemberExpression') return `${textOf(object)}.${textOf(property)}`
  return typeof value === 'string' ? value : 'an expression'
}
