import * as E from 'fp-ts/lib/Either.js'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { limits } from '../checkpoint/limits.js'
import { formatValue } from '../codec/describe-errors.js'
import { isLinear } from './split-patterns.js'

/**
 * Checks the parts of a tokenizer.json that decide how long the tokenizer takes, or that it cannot do: ids of tokens and regular
 * expressions.
 *
 * @errors CheckpointError that names the file and the field
 */
export const checkTokenizerJson = (json: object, file: string): E.Either<CheckpointError, void> => {
  const patterns = parts.flatMap((part) => patternsIn(valueOf(json, part), part))
  const unsupported = patterns.find(([, pattern]) => END_OF_MATCH.test(pattern))
  if (unsupported !== undefined)
    return E.left(
      new CheckpointError(
        `${file}, ${unsupported[0]}`,
        unsupported[1],
        'a pattern without \\G, which is not supported',
      ),
    )
  for (const [path, id] of idsIn(json)) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= limits.vocabulary)
      return E.left(
        new CheckpointError(`${file}, ${path}`, formatValue(id), `an integer from 0 to ${limits.vocabulary - 1}`),
      )
  }
  const backtracking = patterns.find(([, pattern]) => !isLinear(pattern))
  if (backtracking !== undefined)
    return E.left(new CheckpointError(`${file}, ${backtracking[0]}`, formatValue(backtracking[1]), LINEAR))
  return E.right(undefined)
}

/** \G is the end of the match before, which regular expressions of JavaScript lack. */
const END_OF_MATCH = /(?<!\\)(?:\\\\)*\\G/

const LINEAR =
  'a pattern that cannot backtrack: no unlimited repetition of a group, and nothing after one that can fail, ' +
  'unless another alternative matches the same characters'

/** Parts of a tokenizer.json that hold regular expressions. */
const parts = ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder'] as const

const valueOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (Reflect.get(value, key) as unknown) : undefined

/** Yields the ids of the vocabulary and of the added tokens with their paths. A list of tokens with scores has no ids. */
function* idsIn(json: object): Generator<readonly [path: string, id: unknown]> {
  const vocabulary = valueOf(valueOf(json, 'model'), 'vocab')
  if (typeof vocabulary === 'object' && vocabulary !== null && !Array.isArray(vocabulary))
    for (const [token, id] of Object.entries(vocabulary)) yield [`model.vocab[${JSON.stringify(token)}]`, id]
  const added = valueOf(json, 'added_tokens')
  if (Array.isArray(added))
    for (const [i, token] of added.entries()) yield [`added_tokens.${i}.id`, valueOf(token, 'id')]
}

/** Returns the regular expressions anywhere in a value, with their paths. The depth of the value is limited by its reader. */
const patternsIn = (value: unknown, path: string): readonly (readonly [path: string, pattern: string])[] => {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, each]): readonly (readonly [string, string])[] =>
    key === 'Regex' && typeof each === 'string' ? [[`${path}.${key}`, each]] : patternsIn(each, `${path}.${key}`),
  )
}
