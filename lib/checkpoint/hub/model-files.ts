import * as E from 'fp-ts/lib/Either.js'
import { HubError } from './hub-error.js'
import type { RepositoryFile } from './listing.js'

/** Files that belong to a model besides its weights, licence and readme included. */
const otherFiles = [
  /^(config|generation_config)\.json$/,
  /^(tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|chat_template)\.json$/,
  /^(tokenizer\.model|merges\.txt|vocab\.txt|chat_template\.jinja)$/,
  /^additional_chat_templates\/[\w-]+\.jinja$/,
  /^(LICEN[CS]E|NOTICE|USE_POLICY|README)[\w-]*(\.(txt|md))?$/i,
]

/** Names of weights in order of preference: one file, shards, other names. Many repositories hold the same weights twice. */
const weights = [
  /^model\.safetensors$/,
  /^model(-\d+-of-\d+\.safetensors|\.safetensors\.index\.json)$/,
  /^[\w-][\w.-]*\.safetensors(\.index\.json)?$/,
]

/**
 * Selects the files of a repository that a model needs, smallest first. Copies of the weights in other formats are left out.
 *
 * @errors HubError for a repository without safetensors files
 */
export const selectModelFiles = (
  name: string,
  files: readonly RepositoryFile[],
): E.Either<HubError, readonly RepositoryFile[]> => {
  const matching = (...patterns: readonly RegExp[]) =>
    files.filter(({ path }) => patterns.some((pattern) => pattern.test(path)))
  const found = weights.map((kind) => matching(kind)).find((kind) => kind.some(isWeights))
  if (found === undefined)
    return E.left(new HubError('unusable', name, describeFiles(files), 'weights as .safetensors files'))
  return E.right([...matching(...otherFiles), ...found].sort((a, b) => a.size - b.size))
}

const isWeights = ({ path }: RepositoryFile): boolean => path.endsWith('.safetensors')

/** Maximum number of file names in an error message. */
const MAX_NAMES = 8

/** Lists the largest files, which are weights of some format. Replaces control characters, which would change the terminal. */
const describeFiles = (files: readonly RepositoryFile[]): string => {
  if (files.length === 0) return 'no files'
  const names = [...files].sort((a, b) => b.size - a.size).map(({ path }) => path.replaceAll(/\p{C}/gu, '?'))
  const more = names.length - MAX_NAMES
  return `${names.slice(0, MAX_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
