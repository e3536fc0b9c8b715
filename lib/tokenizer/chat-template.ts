import * as untyped from '@huggingface/jinja'
import * as E from 'fp-ts/lib/Either.js'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'

/** One turn of a conversation. */
export interface Message {
  readonly role: string
  readonly content: string
}

/** What else a template reads, such as `enable_thinking` or `date_string`. */
export type ChatVariables = Readonly<Record<string, unknown>>

/** Messages as the text that a model was trained to read, ready for it to answer. @errors throws what the template raises */
export type ChatTemplate = (messages: readonly Message[], variables?: ChatVariables) => string

export interface ChatTemplateOptions {
  /** The template, in Jinja. */
  readonly template: string
  /** Given to every rendering: the tokens that begin and end a text, and what is settled for good. */
  readonly variables?: ChatVariables
  /** Where it stands, for messages. */
  readonly file?: string
}

/**
 * The chat template of a model.
 *
 * It has what Hugging Face gives it but for the time: prompts of one run would differ from those of the next. Templates
 * that would write the date take `date_string`, or a date of their own.
 *
 * @errors CheckpointError for what is no Jinja
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
        const all = { ...globals, add_generation_prompt: true, ...variables, ...own, messages }
        for (const [name, value] of Object.entries(all)) environment.set(name, value)
        return new Interpreter(environment).run(parsed).value
      }
    },
    (cause) => new CheckpointError(file, String(cause), 'a template in Jinja'),
  )

/** What is used of the library, whose own types have imports that Node's rules do not resolve. */
const { Environment, Interpreter, Template } = untyped as unknown as {
  readonly Template: new (template: string) => { readonly parsed: unknown }
  readonly Environment: new () => { set(name: string, value: unknown): void }
  readonly Interpreter: new (environment: unknown) => { run(parsed: unknown): { readonly value: string } }
}

const raise = (message: string): never => {
  throw new RangeError(`messages: ${message}`)
}

/** As Python's. */
const range = (start: number, stop?: number, step = 1): readonly number[] => {
  if (stop === undefined) return range(0, start, step)
  return Array.from({ length: Math.max(0, Math.ceil((stop - start) / step)) }, (_, i) => start + i * step)
}

const globals = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  range,
  raise_exception: raise,
}
