import { Tokenizer as Untyped } from '@huggingface/tokenizers'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { decodeFields } from '../checkpoint/fields.js'
import { named } from '../codec/named.js'
import { checkTokenizerJson } from './check-tokenizer-json.js'
import type { Tokenizer } from './tokenizer.js'

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
 * @errors CheckpointError for contents that are not a tokenizer, or an end that is not one of its tokens
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
      encode: (text) => model.encode(text, { add_special_tokens: specialTokens }).ids,
      decode: (tokens) => {
        const known = Array.from(tokens).filter((id) => model.id_to_token(id) !== undefined)
        // The library rejects an empty list.
        if (known.length === 0) return ''
        return model.decode(known, { skip_special_tokens: true, clean_up_tokenization_spaces: false })
      },
    })),
  )

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

const HuggingFace = Untyped as unknown as new (tokenizer: unknown, config: unknown) => HuggingFace

/** Codec of the fields that are checked here, because the library treats a model of unknown type as one of an old format. */
const TokenizerJson = t.type(
  {
    model: t.type({
      type: named('BPE, Unigram or WordPiece', t.keyof({ BPE: null, Unigram: null, WordPiece: null })),
      vocab: named('tokens', t.union([t.UnknownRecord, t.UnknownArray])),
    }),
  },
  'a tokenizer as Hugging Face writes it',
)

const openTokenizer = (
  tokenizer: unknown,
  config: Readonly<Record<string, unknown>>,
  file: string,
): E.Either<CheckpointError, HuggingFace> =>
  pipe(
    decodeFields(TokenizerJson, tokenizer, file),
    E.chainFirst((json) => checkTokenizerJson(json, file)),
    E.chain((json) =>
      E.tryCatch(
        () => new HuggingFace(json, config),
        (cause) => new CheckpointError(file, String(cause), TokenizerJson.name),
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
