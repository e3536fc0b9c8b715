import * as E from 'fp-ts/lib/Either.js'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { describeThrown } from '../describe.js'
import { InputError } from '../error.js'
import { MAX_STEPS } from './bounded-interpreter.js'
import { jinja, type TemplateEnvironment } from './jinja.js'
import { strftime } from './strftime.js'
import { type TemplateContext, TemplateInterpreter } from './template-interpreter.js'

/** Message of a conversation. */
export interface Message {
  /** Role of the author, such as `system`, `user` or `assistant`. */
  readonly role: string
  readonly content: string
}

/** Further variables that a template reads, such as `enable_thinking` or `date_string`. */
export type ChatVariables = Readonly<Record<string, unknown>>

/**
 * Renders messages as the text that a model was trained on, up to the beginning of its answer.
 *
 * @errors throws CheckpointError that names the file: the template refuses the messages, takes too many steps, or uses a function,
 * filter or test that does not exist here
 */
export type ChatTemplate = (messages: readonly Message[], variables?: ChatVariables) => string

/** Options of {@link chatTemplate}. */
export interface ChatTemplateOptions {
  /** Text of the template, in Jinja. */
  readonly template: string
  /** Variables of every rendering, such as the tokens that begin and end a text. */
  readonly variables?: ChatVariables
  /** File of the template, which errors name. */
  readonly file?: string
  /** Date and time that `strftime_now` formats for a template that requires it; without it, such a template is an error. */
  readonly now?: Date
}

/**
 * Parses the chat template of a model.
 *
 * The template has the globals of Hugging Face. `strftime_now` formats the date of the variable `strftime_now`, such as
 * `2026-11-30`. Without that variable, a template that asks whether the function is defined gets no, because the prompts of
 * two runs would differ, and writes `date_string` or a fixed date of its own. A template that calls the function without
 * asking gets `now`.
 *
 * @errors CheckpointError for a text that is not a Jinja template
 */
export const chatTemplate = ({
  template,
  variables = {},
  file = 'chat template',
  now,
}: ChatTemplateOptions): E.Either<CheckpointError, ChatTemplate> =>
  E.tryCatch(
    () => {
      const { parsed } = new jinja.Template(template)
      return (messages, own = {}) => {
        const environment = new jinja.Environment()
        const functions = { range: rangeIn(file), raise_exception: raiseIn(file) }
        const all = { ...constants, ...functions, add_generation_prompt: true, ...variables, ...own, messages }
        for (const [name, value] of Object.entries(withDate(all, file))) environment.set(name, value)
        return render(parsed, environment, { file, strftimeNow: now && ((format) => strftime(now, format, file)) })
      }
    },
    (cause) => new CheckpointError(file, String(cause), 'a template in Jinja'),
  )

/** Returns the error that a model has no chat template. */
export const missingTemplate = (place: string, expected: string): CheckpointError =>
  new CheckpointError(place, NO_TEMPLATE, expected)

/** Returns whether an error says that a model has no chat template, and not that its template is faulty. */
export const isMissingTemplate = ({ found }: CheckpointError): boolean => found === NO_TEMPLATE

const NO_TEMPLATE = 'no chat template'

const render = (parsed: unknown, environment: TemplateEnvironment, context: TemplateContext): string => {
  try {
    return new TemplateInterpreter(environment, context).run(parsed).value
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    throw new CheckpointError(context.file, String(cause), 'a template that renders these messages', { cause })
  }
}

/** Replaces the date in the variable `strftime_now` by the function that formats it. `file` is the place that errors name. */
const withDate = (variables: ChatVariables, file: string): ChatVariables => {
  const { strftime_now: text } = variables
  if (typeof text !== 'string') return variables
  const date = new Date(text)
  if (Number.isNaN(date.getTime()))
    throw new CheckpointError(
      `${file}, variable strftime_now`,
      JSON.stringify(text),
      'a date, such as 2026-11-30 or 2026-11-30T12:00Z',
    )
  return { ...variables, strftime_now: (format: string) => strftime(date, format, file) }
}

/** Implements `raise_exception` for the template of a file. */
const raiseIn =
  (file: string) =>
  (message: unknown): never => {
    throw new CheckpointError(
      file,
      `messages that the template refuses: ${describeThrown(message)}`,
      'messages that it takes',
    )
  }

/** Implements `range` of Python for the template of a file. A range is a list here, so that its length is limited. */
const rangeIn = (file: string) => {
  const range = (start: number, stop?: number, step = 1): readonly number[] => {
    if (stop === undefined) return range(0, start, step)
    const length = Math.max(0, Math.ceil((stop - start) / step))
    if (!(length <= MAX_STEPS)) throw new CheckpointError(file, `a range of ${length} numbers`, `at most ${MAX_STEPS}`)
    return Array.from({ length }, (_, i) => start + i * step)
  }
  return range
}

const constants = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
}
