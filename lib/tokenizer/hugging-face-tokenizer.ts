import { Tokenizer as Untyped } from '@huggingface/tokenizers'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { describeThrown } from '../describe.js'
import { type AddedToken, type AddedTokenSplitter, addedTokenSplitter } from './added-tokens.js'
import type { Tokenizer } from './tokenizer.js'
import { decodeTokenizerJson, TOKENIZER, type TokenizerJson } from './tokenizer-json.js'

/** Options of {@link huggingFaceTokenizer}. */
export interface HuggingFaceTokenizerOptions {
  /** Parsed contents of tokenizer.json. */
  readonly tokenizer: unknown
  /** Parsed contents of tokenizer_config.json. */
  readonly config: Readonly<Record<string, unknown>>
  /** Tokens that end a completion, by id or text. Repeated tokens count once. */
  readonly ends: readonly (number | string)[]
  /** Adds the tokens that begin and end every text [false]. Leave it off with a chat template, which adds its own. */
  readonly specialTokens?: boolean
  /** Path of tokenizer.json, which errors name. */
  readonly file?: string
}

/**
 * Creates the tokenizer of a model from its Hugging Face files.
 *
 * Special tokens in a text are encoded as special tokens. They decode to no text. A model may have more ids than its
 * tokenizer has tokens; these ids decode to no text too, as in the original.
 *
 * @errors CheckpointError for contents that are not a tokenizer, or an end that is not one of its tokens. The tokenizer throws
 * CheckpointError for a part of its file that the library reads only when it encodes or decodes
 */
export const huggingFaceTokenizer = ({
  tokenizer,
  config,
  ends,
  specialTokens = false,
  file = 'tokenizer.json',
}: HuggingFaceTokenizerOptions): E.Either<CheckpointError, Tokenizer> =>
  pipe(
    openTokenizer(tokenizer, config, file),
    E.bindTo('model'),
    E.bind('ids', ({ model }) => E.traverseArray(tokenOf(model, file))(ends)),
    E.map(({ model, ids }) => ({
      vocabulary: 1 + highest(model.get_vocab(true).values()),
      ends: [...new Set(ids)],
      encode: (text) =>
        withFile(
          file,
          'a tokenizer that encodes texts',
          () => model.encode(text, { add_special_tokens: specialTokens }).ids,
        ),
      decode: (tokens) => {
        const known = Array.from(tokens).filter((id) => model.id_to_token(id) !== undefined)
        // The library rejects an empty list.
        if (known.length === 0) return ''
        return withFile(file, 'a tokenizer that decodes its tokens', () =>
          model.decode(known, { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
        )
      },
    })),
  )

/** Calls the library. It checks some parts of a tokenizer.json only when it uses them. @errors throws CheckpointError */
const withFile = <A>(file: string, expected: string, call: () => A): A => {
  try {
    return call()
  } catch (cause) {
    throw new CheckpointError(file, describeThrown(cause), expected, { cause })
  }
}

/** Methods of the library that are used here. Its own types have imports that Node does not resolve. */
interface HuggingFace {
  encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: readonly number[] }
  decode(
    tokens: readonly number[],
    options: { readonly skip_special_tokens: boolean; readonly clean_up_tokenization_spaces: boolean },
  ): string
  token_to_id(token: string): number | undefined
  id_to_token(id: number): string | undefined
  get_vocab(withAddedTokens: boolean): ReadonlyMap<string, number>
}

/** Constructor of the library, and the parts of a tokenizer that {@link HuggingFaceTokens} uses. */
const Library = Untyped as unknown as new (
  tokenizer: TokenizerJson,
  config: unknown,
) => HuggingFace & {
  readonly added_tokens: readonly (AddedToken & { readonly normalized: boolean })[]
  readonly normalizer: ((text: string) => string) | null
  readonly pre_tokenizer: ((text: string, place: { readonly section_index: number }) => readonly string[]) | null
  readonly model: (words: readonly string[]) => readonly string[]
}

/** Tokenizer of the library that finds added tokens as the original does: words, spaces around them, normalized ones. */
class HuggingFaceTokens extends Library {
  readonly #exact: AddedTokenSplitter
  readonly #normalized: AddedTokenSplitter

  constructor(tokenizer: TokenizerJson, config: unknown) {
    super(tokenizer, config)
    const withTexts = (normalized: boolean) =>
      this.added_tokens
        .filter((token) => token.normalized === normalized)
        .map((token) => [normalized ? this.#normalize(token.content) : token.content, token] as const)
    this.#exact = addedTokenSplitter(withTexts(false))
    this.#normalized = addedTokenSplitter(withTexts(true))
  }

  /** Splits a text into tokens. It replaces the method of the library. */
  encode_text(text: string | null): readonly string[] | null {
    return text === null
      ? null
      : this.#exact(text).flatMap((piece, i) =>
          typeof piece === 'string' ? this.#words(piece, i === 0) : piece.content,
        )
  }

  #words(text: string, isFirst: boolean): readonly string[] {
    return this.#normalized(this.#normalize(text)).flatMap((piece, i) => {
      if (typeof piece !== 'string') return piece.content
      const place = { section_index: isFirst && i === 0 ? 0 : 1 }
      return this.model(this.pre_tokenizer === null ? [piece] : this.pre_tokenizer(piece, place))
    })
  }

  #normalize(text: string): string {
    return this.normalizer === null ? text : this.normalizer(text)
  }
}

const openTokenizer = (
  tokenizer: unknown,
  config: Readonly<Record<string, unknown>>,
  file: string,
): E.Either<CheckpointError, HuggingFace> =>
  pipe(
    decodeTokenizerJson(tokenizer, file),
    E.chain((json) =>
      E.tryCatch(
        (): HuggingFace => new HuggingFaceTokens(json, config),
        (cause) => new CheckpointError(file, String(cause), TOKENIZER),
      ),
    ),
  )

const tokenOf =
  (model: HuggingFace, file: string) =>
  (token: number | string): E.Either<CheckpointError, number> => {
    const id = typeof token === 'string' ? model.token_to_id(token) : token
    return id === undefined || model.id_to_token(id) === undefined
      ? E.left(
          new CheckpointError(file, `no token ${JSON.stringify(token)}`, 'this token, because it ends completions'),
        )
      : E.right(id)
  }

/** Returns the largest id. A call of `Math.max` does not take that many arguments. */
const highest = (ids: Iterable<number>): number => {
  let max = -1
  for (const id of ids) max = Math.max(max, id)
  return max
}
