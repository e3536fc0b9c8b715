import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { decodeFields, isGiven, oneOf, optional } from '../checkpoint/fields.js'
import type { GgufHeader } from '../checkpoint/gguf.js'
import { named } from '../codec/named.js'
import { type ChatTemplate, chatTemplate, type ChatTemplateOptions, missingTemplate } from './chat-template.js'
import { huggingFaceTokenizer, type HuggingFaceTokenizerOptions } from './hugging-face-tokenizer.js'
import type { ModelTokenizer } from './model-tokenizer.js'
import { preTokenizers } from './pre-tokenizers.js'
import { beginOf, rawTokenizer } from './raw-tokenizer.js'

/** Options of {@link ggufTokenizer}. */
export interface GgufTokenizerOptions
  extends Pick<HuggingFaceTokenizerOptions, 'specialTokens'>, Pick<ChatTemplateOptions, 'now'> {
  readonly metadata: GgufHeader['metadata']
  /** Path of the GGUF file, which errors name. */
  readonly file: string
}

/**
 * Reads the tokenizer and the chat template of a GGUF file. Only byte-level BPE tokenizers are supported.
 *
 * A completion ends with `eos_token_id` or `eot_token_id`.
 *
 * @errors CheckpointError that names the metadata key
 * @source github.com/ggml-org/ggml, docs/gguf.md
 */
export const ggufTokenizer = ({
  metadata,
  file,
  ...options
}: GgufTokenizerOptions): E.Either<CheckpointError, ModelTokenizer> =>
  pipe(
    decodeFields(FieldsCodec, Object.fromEntries(metadata), file),
    E.chainFirst((fields) => checkFields(fields, file)),
    E.bindTo('fields'),
    E.bind('tokenizer', ({ fields }) =>
      huggingFaceTokenizer({ tokenizer: tokenizerJson(fields), config: {}, ends: endsOf(fields), file, ...options }),
    ),
    E.bind('rawTokenizer', ({ fields, tokenizer }) =>
      rawTokenizer(tokenizer, options.specialTokens === true ? [] : beginOf(postProcessorOf(fields)), file),
    ),
    E.map(({ fields, ...tokenizers }) => ({ ...tokenizers, chatTemplate: templateOf(fields, file, options.now) })),
  )

/**
 * Converts the tokenizer of a GGUF file to the files of a Hugging Face folder: tokenizer.json and tokenizer_config.json.
 *
 * @errors CheckpointError that names the metadata key
 */
export const ggufTokenizerFiles = ({
  metadata,
  file,
}: GgufTokenizerOptions): E.Either<CheckpointError, Readonly<Record<string, string>>> =>
  pipe(
    decodeFields(FieldsCodec, Object.fromEntries(metadata), file),
    E.chainFirst((fields) => checkFields(fields, file)),
    E.map((fields) => ({
      'tokenizer.json': JSON.stringify(tokenizerJson(fields)),
      'tokenizer_config.json': JSON.stringify({
        bos_token: tokenText(fields, 'bos'),
        eos_token: tokenText(fields, 'eos'),
        chat_template: fields['tokenizer.chat_template'],
      }),
    })),
  )

/** Types of tokens. Further types do not occur in byte-level BPE tokenizers. */
const [NORMAL, CONTROL, USER_DEFINED, UNUSED] = [1, 3, 4, 5] as const

const TokenType = named(
  `${NORMAL} (normal), ${CONTROL} (control), ${USER_DEFINED} (user-defined) or ${UNUSED} (unused)`,
  t.union([t.literal(NORMAL), t.literal(CONTROL), t.literal(USER_DEFINED), t.literal(UNUSED)]),
)

const Merge = t.refinement(t.string, (pair) => pair.includes(' '), 'two tokens with a space between them')

/** Codec of a supported kind of tokenizer. The error names the remedy for other kinds: the original tokenizer.json. */
const supportedKind = <K extends string>(known: Readonly<Record<K, unknown>>) =>
  t.keyof<Record<K, unknown>>(known, `${oneOf(known).name}, or a tokenizer.json beside the file`)

const FieldsCodec = t.type(
  {
    'tokenizer.ggml.model': supportedKind({ gpt2: null }),
    'tokenizer.ggml.pre': supportedKind(preTokenizers),
    'tokenizer.ggml.tokens': t.array(t.string, 'texts of tokens'),
    'tokenizer.ggml.token_type': t.array(TokenType, 'types of tokens'),
    'tokenizer.ggml.merges': t.array(Merge, 'pairs of tokens'),
    'tokenizer.ggml.bos_token_id': optional(t.number),
    'tokenizer.ggml.eos_token_id': t.number,
    'tokenizer.ggml.eot_token_id': optional(t.number),
    'tokenizer.ggml.add_bos_token': optional(t.boolean),
    'tokenizer.ggml.add_eos_token': optional(t.boolean),
    'tokenizer.chat_template': optional(t.string),
  },
  'metadata',
)
type Fields = t.TypeOf<typeof FieldsCodec>

const checkFields = (fields: Fields, file: string): E.Either<CheckpointError, void> => {
  const { length } = fields['tokenizer.ggml.tokens']
  const types = fields['tokenizer.ggml.token_type'].length
  if (types !== length)
    return E.left(new CheckpointError(`${file}, tokenizer.ggml.token_type`, `${types}`, `${length}, one per token`))
  const begins = fields['tokenizer.ggml.bos_token_id']
  return isGiven(begins) && !(begins < length)
    ? E.left(new CheckpointError(`${file}, tokenizer.ggml.bos_token_id`, `${begins}`, `one of ${length} tokens`))
    : E.right(undefined)
}

const endsOf = (fields: Fields): readonly number[] =>
  [fields['tokenizer.ggml.eos_token_id'], fields['tokenizer.ggml.eot_token_id']].filter(isGiven)

/** Returns the contents of a tokenizer.json. */
const tokenizerJson = (fields: Fields) => {
  const { patterns, composes, ignoresMerges } = preTokenizers[fields['tokenizer.ggml.pre']]
  const types = fields['tokenizer.ggml.token_type']
  const tokens = fields['tokenizer.ggml.tokens'].map((content, id) => ({ id, content, type: types[id] }))
  const matchExactly = { single_word: false, lstrip: false, rstrip: false, normalized: false }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: tokens
      .filter(({ type }) => type === CONTROL || type === USER_DEFINED)
      .map(({ id, content, type }) => ({ id, content, ...matchExactly, special: type === CONTROL })),
    normalizer: composes ? { type: 'NFC' } : null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        ...patterns.map((Regex) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false })),
        { ...byteLevel, use_regex: false },
      ],
    },
    post_processor: postProcessorOf(fields),
    decoder: { ...byteLevel, use_regex: true },
    model: {
      type: 'BPE',
      // Unused tokens are rows of the embedding that have no token.
      vocab: Object.fromEntries(tokens.filter(({ type }) => type !== UNUSED).map(({ id, content }) => [content, id])),
      merges: fields['tokenizer.ggml.merges'],
      ignore_merges: ignoresMerges,
    },
  }
}

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true }

/** Returns the post-processor, which adds the tokens that begin and end a text. */
const postProcessorOf = (fields: Fields) => {
  const begins = fields['tokenizer.ggml.add_bos_token'] ?? preTokenizers[fields['tokenizer.ggml.pre']].begins
  const ends = fields['tokenizer.ggml.add_eos_token'] ?? false
  const token = (name: 'bos' | 'eos') => {
    const id = tokenText(fields, name)
    return id === undefined ? [] : [{ id, ids: [fields[`tokenizer.ggml.${name}_token_id`]!], tokens: [id] }]
  }
  const [first, last] = [begins ? token('bos') : [], ends ? token('eos') : []]
  const special = ({ id }: { readonly id: string }) => ({ SpecialToken: { id, type_id: 0 } })
  const text = (id: 'A' | 'B') => [...first.map(special), { Sequence: { id, type_id: 0 } }, ...last.map(special)]
  return {
    type: 'TemplateProcessing',
    single: text('A'),
    pair: [...text('A'), ...text('B')],
    special_tokens: Object.fromEntries([...first, ...last].map((each) => [each.id, each])),
  }
}

const tokenText = (fields: Fields, token: 'bos' | 'eos'): string | undefined => {
  const id = fields[`tokenizer.ggml.${token}_token_id`]
  return isGiven(id) ? fields['tokenizer.ggml.tokens'][id] : undefined
}

const templateOf = (fields: Fields, file: string, now: Date | undefined): E.Either<CheckpointError, ChatTemplate> => {
  const [place, template] = [`${file}, tokenizer.chat_template`, fields['tokenizer.chat_template']]
  const variables = { bos_token: tokenText(fields, 'bos'), eos_token: tokenText(fields, 'eos') }
  return isGiven(template)
    ? chatTemplate({ template, variables, file: place, ...(now === undefined ? {} : { now }) })
    : E.left(missingTemplate(place, 'a chat template'))
}
