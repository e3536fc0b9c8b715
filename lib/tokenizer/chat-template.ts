import * as untyped from '@huggingface/jinja'
import * as E from 'fp-ts/lib/Either.js'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { BoundedInterpreter, MAX_STEPS } from './bounded-interpreter.js'

/** Message of a conversation. */
export interface Message {
  /** Role of the author, such as `system`, `user` or `assistant`. */
  readonly role: string
  readonly content: string
}

/** Further variables that a template reads, such as `enable_thinking` or `date_string`. */
export type ChatVariables = Readonly<Record<string, unknown>>

/** Renders messages as the text that a model was trained on, up to the beginning of its answer. @errors throws RangeError if the template raises an error, or takes too many steps */
export type ChatTemplate = (messages: readonly Message[], variables?: ChatVariables) => string

/** Options of {@link chatTemplate}. */
export interface ChatTemplateOptions {
  /** Text of the template, in Jinja. */
  readonly template: string
  /** Variables of every rendering, such as the tokens that begin and end a text. */
  readonly variables?: ChatVariables
  /** File of the template, which errors name. */
  readonly file?: string
}

/**
 * Parses the chat template of a model.
 *
 * The template has the globals of Hugging Face except the time, because the prompts of two runs would differ. Templates that
 * write the date use the variable `date_string`, or a fixed date of their own.
 *
 * @errors CheckpointError for a text that is not a Jinja template
 */
export const chatTemplate = ({
  template,
  variables = {},
  file = 'chat template',
}: ChatTemplateOptions): E.Either<CheckpointError, ChatTemplate> =>
  E.tryCatch(
    () => {
      const { parsed } = new Template(template)
      return (messages, own = {}) => {
        const environment = new Environment()
        const all = { ...globals, range: rangeIn(file), add_generation_prompt: true, ...variables, ...own, messages }
        for (const [name, value] of Object.entries(all)) environment.set(name, value)
        return new BoundedInterpreter(environment, file).run(parsed).value
      }
    },
    (cause) => new CheckpointError(file, String(cause), 'a template in Jinja'),
  )

/** Types of the library that are used here. Its own types have imports that Node does not resolve. */
const { Environment, Template } = untyped as unknown as {
  readonly Template: new (template: string) => { readonly parsed: unknown }
  readonly Environment: new () => { set(name: string, value: unknown): void }
}

const raise = (message: string): never => {
  throw new RangeError(`messages: ${message}`)
}

/** Implements `range` of Python for the template of a file. A range is a list here, so that its length is limited. */
const rangeIn = (file: string) => {
  const range = (start: number, stop?: number, step = 1): readonly number[] => {
    if (stop === undefined) return range(0, start, step)
    const length = Math.max(0, Math.ceil((stop - start) / step))
    if (!(length <= MAX_STEPS))
      throw new RangeError(`${file}: found a range of ${length} numbers, expected at most ${MAX_STEPS}`)
    return Array.from({ length }, (_, i) => start + i * step)
  }
  return range
}

const globals = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  raise_exception: raise,
}
