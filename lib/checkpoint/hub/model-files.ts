import * as E from 'fp-ts/lib/Either.js'
import { HubError } from './hub-error.js'
import type { RepositoryFile } from './listing.js'

/** What a model needs besides its weights, and what its makers want read. */
const beside = [
  /^(config|generation_config)\.json$/,
  /^(tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|chat_template)\.json$/,
  /^(tokenizer\.model|merges\.txt|vocab\.txt|chat_template\.jinja)$/,
  /^additional_chat_templates\/[\w-]+\.jinja$/,
  /^(LICEN[CS]E|NOTICE|USE_POLICY|README)[\w-]*(\.(txt|md))?$/i,
]

/** Weights, the best kind first: whole, in shards, under other names. Many repositories hold the same ones twice. */
const weights = [
  /^model\.safetensors$/,
  /^model(-\d+-of-\d+\.safetensors|\.safetensors\.index\.json)$/,
  /^[\w-][\w.-]*\.safetensors(\.index\.json)?$/,
]

/**
 * The files of a repository that a model is read from, small ones first. Copies of its weights in other formats stay where
 * they are.
 *
 * @errors HubError where there are no safetensors
 */
export const modelFiles = (
  name: string,
  files: readonly RepositoryFile[],
): E.Either<HubError, readonly RepositoryFile[]> => {
  const matching = (...patterns: readonly RegExp[]) =>
    files.filter(({ path }) => patterns.some((pattern) => pattern.test(path)))
  const found = weights.map((kind) => matching(kind)).find((kind) => kind.some(isWeights))
  if (found === undefined) return E.left(new HubError('unusable', name, held(files), 'weights as .safetensors files'))
  return E.right([...matching(...beside), ...found].sort((a, b) => a.size - b.size))
}

const isWeights = ({ path }: RepositoryFile): boolean => path.endsWith('.safetensors')

/** Names told in a message. */
const NAMES = 8

/** The largest files first: those are the weights, in whatever format. Control characters must not reach a terminal. */
const held = (files: readonly RepositoryFile[]): string => {
  if (files.length === 0) return 'no files'
  const names = [...files].sort((a, b) => b.size - a.size).map(({ path }) => path.replaceAll(/\p{C}/gu, '?'))
  const more = names.length - NAMES
  return `${names.slice(0, NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
