import { Tokenizer as Untyped } from '@huggingface/tokenizers'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { decodeFields } from '../checkpoint/fields.js'
import { named } from '../codec/named.js'
import type { Tokenizer } from './tokenizer.js'

export interface HuggingFaceTokenizerOptions {
  /** What tokenizer.json holds. */
  readonly tokenizer: unknown
  /** What tokenizer_config.json holds. */
  readonly config: Readonly<Record<string, unknown>>
  /** Tokens that end a completion, by their ids or as they are written; one that is named twice counts once. */
  readonly ends: readonly (number | string)[]
  /** Puts the tokens around every text that the model expects there. A chat template brings its own. */
  readonly specialTokens?: boolean
  /** Where tokenizer.json lies, for messages. */
  readonly file?: string
}

/**
 * The tokenizer of a model as Hugging Face writes it.
 *
 * Special tokens that stand in a text are read as such; decoded, they have no text. A model may have more ids than its
 * tokenizer has tokens: those have no text either, as in the original.
 *
 * @errors CheckpointError for what is no tokenizer, and for an end that is none of its tokens
 */
export const huggingFaceTokenizer = ({
  tokenizer,
  config,
  ends,
  specialTokens = false,
  file = 'tokenizer.json',
}: HuggingFaceTokenizerOptions): E.Either<CheckpointError, Tokenizer> =>
  pipe(
    opened(tokenizer, config, file),
    E.bindTo('model'),
    E.bind('ids', ({ model }) => E.traverseArray(tokenOf(model, file))(ends)),
    E.map(({ model, ids }) => ({
      vocabulary: 1 + highest(model.get_vocab(true).values()),
      ends: [...new Set(ids)],
      encode: (text) => model.encode(text, { add_special_tokens: specialTokens }).ids,
      decode: (tokens) => {
        const known = Array.from(tokens).filter((id) => model.id_to_token(id) !== undefined)
        // The library refuses an empty list.
        if (known.length === 0) return ''
        return model.decode(known, { skip_special_tokens: true, clean_up_tokenization_spaces: false })
      },
    })),
  )

/** What is used of the library, whose own types have imports that Node's rules do not resolve. */
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

/** What is looked at before the library, which takes a model of unknown type for one of its oldest. */
const TokenizerJson = t.type(
  {
    model: t.type({
      type: named('BPE, Unigram or WordPiece', t.keyof({ BPE: null, Unigram: null, WordPiece: null })),
      vocab: named('tokens', t.union([t.UnknownRecord, t.UnknownArray])),
    }),
  },
  'a tokenizer as Hugging Face writes it',
)

const opened = (
  tokenizer: unknown,
  config: Readonly<Record<string, unknown>>,
  file: string,
): E.Either<CheckpointError, HuggingFace> =>
  pipe(
    decodeFields(TokenizerJson, tokenizer, file),
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
      ? E.left(new CheckpointError(file, `no token ${JSON.stringify(token)}`, 'one, since it ends completions'))
      : E.right(id)
  }

/** Not `Math.max` of them all: there are too many for one call. */
const highest = (ids: Iterable<number>): number => {
  let most = -1
  for (const id of ids) most = Math.max(most, id)
  return most
}
