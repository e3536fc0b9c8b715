import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { BoundedInterpreter } from './bounded-interpreter.js'
import { jinja, type TemplateEnvironment, type TemplateNode, type TemplateValue } from './jinja.js'

/** Functions, filters and tests of every template, for error messages. */
const FUNCTIONS = 'namespace, range, raise_exception, strftime_now, or a macro of the template'
const FILTERS =
  'abs, capitalize, default, dictsort, first, float, indent, int, items, join, last, length, list, lower, map, rejectattr, replace, reverse, safe, selectattr, sort, string, title, tojson, trim, unique, upper'
const TESTS =
  'boolean, callable, defined, eq, equalto, even, false, integer, iterable, lower, mapping, none, number, odd, sequence, string, true, undefined, upper'

/** Start of the library's message about a call of something else than a function. */
const NO_FUNCTION = 'Cannot call something that is not a function'

/** Context of a rendering besides its variables. */
export interface TemplateContext {
  /** Place of the template, which errors name. */
  readonly file: string
  /** Implements `strftime_now` for a template that calls it although no variable defines it; undefined if there is no date. */
  readonly strftimeNow: ((format: string) => string) | undefined
}

/** Interpreter whose errors name the function, filter or test that a template uses and that does not exist here. */
export class TemplateInterpreter extends BoundedInterpreter {
  constructor(
    environment: TemplateEnvironment,
    private readonly context: TemplateContext,
  ) {
    super(environment, context.file)
  }

  override evaluateCallExpression(call: TemplateNode, environment: TemplateEnvironment): TemplateValue {
    const name = textOf(call['callee'])
    const { strftimeNow } = this.context
    if (name === STRFTIME_NOW && strftimeNow !== undefined && isUndefined(environment.lookupVariable(name))) {
      const [[format]] = this.evaluateArguments(call['args'], environment)
      return new jinja.Environment().set('text', strftimeNow(String(format?.value)))
    }
    try {
      return super.evaluateCallExpression(call, environment)
    } catch (cause) {
      if (!(cause instanceof Error) || !cause.message.startsWith(NO_FUNCTION)) throw cause
      throw this.#missing(`a call of ${name}`, name === STRFTIME_NOW ? DATE : `a function: ${FUNCTIONS}`)
    }
  }

  override applyFilter(operand: TemplateValue, filter: TemplateNode, environment: TemplateEnvironment): TemplateValue {
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

  override evaluateTestExpression(test: TemplateNode, environment: TemplateEnvironment): TemplateValue {
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
  const { type, value, object, property } = expression as TemplateNode
  if (type === 'MemberExpression') return `${textOf(object)}.${textOf(property)}`
  return typeof value === 'string' ? value : 'an expression'
}
