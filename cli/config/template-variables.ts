import * as t from 'io-ts'
import { foundAndExpected } from '../../lib/codec/describe-errors.js'
import type { ChatVariables } from '../../lib/tokenizer/chat-template.js'
import { repeatableSetting } from '../flag.js'
import { isMapping } from './strict-record.js'

/** Names that Jinja or this library gives a meaning. */
const reserved = [
  ...['true', 'True', 'false', 'False', 'none', 'None', 'and', 'or', 'not', 'in', 'is', 'if', 'else', 'loop'],
  'messages',
]

const nameProblem = (name: string): string | undefined => {
  if (!/^[A-Za-z_]\w*$/.test(name)) return 'found this name, expected letters, digits and underscores'
  return reserved.includes(name) ? 'found a name that has a meaning in every template, expected another' : undefined
}

const isJson = (value: unknown): boolean => {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isJson)
  return value === null || typeof value === 'string' || typeof value === 'boolean'
}

const valueProblem = (value: unknown): string | undefined =>
  isJson(value)
    ? undefined
    : foundAndExpected(value, 'a text, a finite number, true, false, null, or a list or mapping of them')

const problemsOf = (variables: ChatVariables): readonly (readonly [name: string, message: string])[] =>
  Object.entries(variables).flatMap(([name, value]) => {
    const message = nameProblem(name) ?? valueProblem(value)
    return message === undefined ? [] : [[name, message] as const]
  })

/** Codec of the variables of a chat template, by name. */
const TemplateVariables: t.Type<ChatVariables> = new t.Type(
  'NAME=VALUE, or a mapping from names to values in a file',
  (u): u is ChatVariables => isMapping(u) && problemsOf(u).length === 0,
  (u, context) => {
    if (!isMapping(u)) return t.failure(u, context)
    const problems = problemsOf(u)
    return problems.length === 0
      ? t.success(u)
      : t.failures(
          problems.map(([name, message]) => ({
            value: u[name],
            context: t.appendContext(context, name, t.unknown, u[name]),
            message: `variable ${name}: ${message}`,
          })),
        )
  },
  t.identity,
)

/** Field of every configuration with a chat template. */
export const templateFields = {
  /** Variables that the chat template of the model reads, such as `enable_thinking`. */
  templateVariables: TemplateVariables,
}

export const templateDefaults = { templateVariables: {} as ChatVariables }

/** Words for true, false and nothing in YAML and in Python. */
const words: ReadonlyMap<string, boolean | null> = new Map([
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
  ...['null', 'none', 'None', 'NULL'].map((word) => [word, null] as const),
])

/** Reads a value as a word or as JSON. Other text is the value itself. */
const readValue = (text: string): unknown => {
  const word = words.get(text)
  if (word !== undefined) return word
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

const nameOf = (text: string): string => text.split('=', 1)[0]!

export const templateVariableSetting = {
  ...repeatableSetting(
    'templateVariables',
    'variable of the chat template, such as enable_thinking=false; the value is JSON or a text; may be given once for each name',
    'NAME=VALUE',
    (text) => (text.includes('=') ? { [nameOf(text)]: readValue(text.slice(nameOf(text).length + 1)) } : text),
    nameOf,
  ),
  name: 'template-variable',
}
