import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { jinja, type TemplateEnvironment, type TemplateNode, type TemplateValue } from './jinja.js'

/** Largest number of steps of a template. A chat of a hundred messages takes a few thousand. */
export const MAX_STEPS = 400_000

/** Deepest nesting of statements and calls of macros while a template runs. */
const MAX_DEPTH = 600

/** Longest text that a template may build. @units characters */
const MAX_TEXT = 2 ** 22

/** Number of characters of a text that cost one step, because operations on text take time that grows with its length. */
const CHARACTERS_PER_STEP = 256

/** Interpreter of templates that counts its steps. @errors throws CheckpointError that names the file, for a template with too many */
export class BoundedInterpreter extends jinja.Interpreter {
  #steps = 0
  #depth = 0
  /** Expressions that a loop iterates over: their value costs a step for each of its elements. */
  readonly #iterables = new Set<TemplateNode>()

  constructor(
    environment: TemplateEnvironment,
    private readonly file: string,
  ) {
    super(environment)
  }

  override run(parsed: unknown): { readonly value: string } {
    try {
      return super.run(parsed)
    } catch (cause) {
      throw isMemoryLimit(cause) ? this.#error(cause.message) : cause
    }
  }

  override evaluate(statement: TemplateNode | undefined, environment: TemplateEnvironment): TemplateValue {
    this.#charge(1)
    if (++this.#depth > MAX_DEPTH) throw this.#error(`statements in more than ${MAX_DEPTH} levels`)
    const iterable = iterableOf(statement)
    if (iterable !== undefined) this.#iterables.add(iterable)
    const result = super.evaluate(statement, environment)
    this.#depth--
    this.#chargeFor(result.value, statement)
    return result
  }

  #chargeFor(value: unknown, statement: TemplateNode | undefined): void {
    if (typeof value === 'string') {
      if (value.length > MAX_TEXT) throw this.#error(`a text of ${value.length} characters`)
      this.#charge(value.length / CHARACTERS_PER_STEP)
    } else if (Array.isArray(value) && (statement?.type !== 'Identifier' || this.#iterables.has(statement)))
      this.#charge(value.length)
    else if (value instanceof Map && statement !== undefined && this.#iterables.has(statement)) this.#charge(value.size)
  }

  #charge(steps: number): void {
    this.#steps += steps
    if (this.#steps > MAX_STEPS) throw this.#error(`more than ${MAX_STEPS} steps`)
  }

  #error(found: string): CheckpointError {
    return new CheckpointError(
      this.file,
      `${found} in a template`,
      `at most ${MAX_STEPS} steps in ${MAX_DEPTH} levels and a text of ${MAX_TEXT} characters`,
    )
  }
}

/** Returns whether an error of the engine is about a text, a list or a stack that is too large. */
const isMemoryLimit = (cause: unknown): cause is RangeError =>
  cause instanceof RangeError && /^(Invalid (string|array) length|Maximum call stack)/.test(cause.message)

/** Returns the expression that a loop iterates over. A loop with a condition has it one level deeper. */
const iterableOf = (statement: TemplateNode | undefined): TemplateNode | undefined => {
  const iterable = statement?.['iterable'] as TemplateNode | undefined
  return iterable?.type === 'SelectExpression' ? (iterable['lhs'] as TemplateNode) : iterable
}
