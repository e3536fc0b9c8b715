import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { decodeFields } from '../checkpoint/fields.js'
import { named } from '../codec/named.js'
import { checkTokenizerJson } from './check-tokenizer-json.js'
import { WORD } from './word-characters.js'

/** Contents of a tokenizer.json that the library reads as the original does. */
export type TokenizerJson = t.TypeOf<typeof TokenizerJsonCodec>

/** Codec of the fields that are checked here, because the library treats a model of unknown type as one of an old format. */
const TokenizerJsonCodec = t.type(
  {
    model: t.type({
      type: named('BPE, Unigram or WordPiece', t.keyof({ BPE: null, Unigram: null, WordPiece: null })),
      vocab: named('tokens', t.union([t.UnknownRecord, t.UnknownArray])),
    }),
    pre_tokenizer: t.unknown,
  },
  'a tokenizer as Hugging Face writes it',
)

/** Name of the codec, for other errors about the file. */
export const TOKENIZER = TokenizerJsonCodec.name

/**
 * Checks a tokenizer.json, and rewrites parts that the library reads otherwise than the original.
 *
 * @errors CheckpointError that names the field of a part that neither the library nor this function can do
 */
export const decodeTokenizerJson = (json: unknown, file: string): E.Either<CheckpointError, TokenizerJson> =>
  pipe(
    decodeFields(TokenizerJsonCodec, json, file),
    E.chainFirst((tokenizer) => checkTokenizerJson(tokenizer, file)),
    E.chain((tokenizer) =>
      pipe(
        rewritten(tokenizer.pre_tokenizer ?? null, `${file}, pre_tokenizer`),
        E.map((pre_tokenizer) => ({ ...tokenizer, pre_tokenizer })),
      ),
    ),
  )

/** Fields of a pre-tokenizer that decide how it splits. */
const PreTokenizerCodec = t.partial({
  type: t.string,
  pretokenizers: t.UnknownArray,
  behavior: t.string,
  invert: t.boolean,
  individual_digits: t.boolean,
  split: t.boolean,
  replacement: t.string,
})

/** Rewrites a pre-tokenizer. `place` names it in errors. */
const rewritten = (preTokenizer: unknown, place: string): E.Either<CheckpointError, unknown> => {
  const decoded = PreTokenizerCodec.decode(preTokenizer)
  if (E.isLeft(decoded)) return E.right(preTokenizer)
  const { type, pretokenizers, behavior, invert, individual_digits, split = true, replacement = MARK } = decoded.right
  if (type === 'Sequence')
    return pipe(
      pretokenizers ?? [],
      E.traverseArrayWithIndex((i, inner) => rewritten(inner, `${place}.pretokenizers.${i}`)),
      E.map((inner) => ({ ...(preTokenizer as object), pretokenizers: inner })),
    )
  if ((type === 'Split' || type === 'Punctuation') && !isSupported(type, behavior, invert))
    return E.left(
      new CheckpointError(
        `${place}.behavior`,
        `${behavior}${invert === true ? ', inverted' : ''}`,
        type === 'Split' ? 'Isolated, or Removed' : 'Isolated',
      ),
    )
  // The library splits at ASCII digits only.
  if (type === 'Digits') return E.right(isolated(individual_digits === true ? '\\p{N}' : '\\p{N}+'))
  // The library knows fewer letters.
  if (type === 'Whitespace')
    return E.right({ ...isolated(`[${WORD}]+|[^${WORD}\\p{White_Space}]+`), behavior: 'Removed', invert: true })
  // The library does not split before the markers.
  if (type === 'Metaspace' && split)
    return E.right({ type: 'Sequence', pretokenizers: [preTokenizer, isolated(`${replacement}[^${replacement}]*`)] })
  return E.right(preTokenizer)
}

/** Marker of a space in the tokens of SentencePiece. */
const MARK = '\u2581'

const isSupported = (
  type: 'Split' | 'Punctuation',
  behavior: string | undefined,
  invert: boolean | undefined,
): boolean =>
  type === 'Punctuation'
    ? behavior === undefined || behavior === 'Isolated'
    : behavior === 'Removed' || (behavior === 'Isolated' && invert !== true)

const isolated = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false })
