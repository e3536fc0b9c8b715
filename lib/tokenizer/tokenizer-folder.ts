import { join } from 'node:path'
import { sequenceS } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { CheckpointError } from '../checkpoint/checkpoint-error.js'
import { decodeFields, parseJsonText } from '../checkpoint/fields.js'
import { toCheckpointError } from '../checkpoint/file-parts.js'
import { limits } from '../checkpoint/limits.js'
import { isMissing } from '../file/missing-file.js'
import { readRegularFile } from '../file/regular-file.js'
import { named } from '../codec/named.js'
import { nullable } from '../codec/nullable.js'
import { type ChatTemplate, chatTemplate, type ChatTemplateOptions, missingTemplate } from './chat-template.js'
import { huggingFaceTokenizer, type HuggingFaceTokenizerOptions } from './hugging-face-tokenizer.js'
import type { ModelTokenizer } from './model-tokenizer.js'
import { beginOf, rawTokenizer } from './raw-tokenizer.js'

/**
 * Reads tokenizer.json, tokenizer_config.json, and the chat template from a file of its own or from tokenizer_config.json. A
 * completion ends with `eos_token`, or with `eos_token_id` of generation_config.json, or of config.json if there is no
 * generation_config.json.
 *
 * @errors CheckpointError that names the file and the missing field
 */
export const readTokenizerFolder = (
  folder: string,
  options: ReadTokenizerOptions = {},
): TE.TaskEither<CheckpointError, ModelTokenizer> => {
  const file = (name: string) => join(folder, name)
  return pipe(
    sequenceS(TE.ApplyPar)({
      tokenizer: readRequired(file('tokenizer.json'), t.unknown),
      config: readRequired(file('tokenizer_config.json'), TokenizerConfigJson),
      generation: readOptional(file('generation_config.json'), EndsJson),
      model: readOptional(file('config.json'), EndsJson),
      template: chatTemplateSource(folder),
    }),
    TE.chainEitherK(({ tokenizer, config, generation, model, template }) =>
      pipe(
        endsOf(config, generation ?? model, folder),
        E.chain((ends) => huggingFaceTokenizer({ tokenizer, config, ends, file: file('tokenizer.json'), ...options })),
        E.bindTo('tokenizer'),
        E.bind('rawTokenizer', ({ tokenizer: opened }) =>
          rawTokenizer(
            opened,
            options.specialTokens === true ? [] : beginOfFolder(tokenizer, config),
            file('tokenizer.json'),
          ),
        ),
        E.map((tokenizers) => ({ ...tokenizers, chatTemplate: templateOf(template, config, folder, options.now) })),
      ),
    ),
  )
}

/** Options of `readTokenizer`. */
export type ReadTokenizerOptions = Pick<HuggingFaceTokenizerOptions, 'specialTokens'> & Pick<ChatTemplateOptions, 'now'>

/**
 * Returns the tokens that transformers puts before a text: `bos_token` if tokenizer_config.json has `add_bos_token`, and those
 * of the post-processor of tokenizer.json if it says nothing.
 */
const beginOfFolder = (tokenizer: unknown, config: TokenizerConfigJson): readonly string[] => {
  const { add_bos_token, add_eos_token } = config
  if (add_bos_token === undefined && add_eos_token === undefined)
    return beginOf((tokenizer as Readonly<Record<string, unknown>>)['post_processor'])
  const bos = tokenText(config.bos_token)
  return add_bos_token === true && bos !== undefined ? [bos] : []
}

/** Codec of a token: its text, or an object that holds it. */
const SpecialToken = nullable(named('a token', t.union([t.string, t.type({ content: t.string })])))

const Templates = named(
  'a chat template, or several with their names',
  t.union([t.string, t.array(t.type({ name: t.string, template: t.string }))]),
)

const TokenizerConfigJson = t.intersection([
  t.UnknownRecord,
  t.partial({
    bos_token: SpecialToken,
    eos_token: SpecialToken,
    add_bos_token: nullable(t.boolean),
    add_eos_token: nullable(t.boolean),
    chat_template: nullable(Templates),
  }),
])
type TokenizerConfigJson = t.TypeOf<typeof TokenizerConfigJson>

const EndsJson = t.partial({ eos_token_id: nullable(named('a token id or several', t.union([t.Int, t.array(t.Int)]))) })
type EndsJson = t.TypeOf<typeof EndsJson>

const ChatTemplateJson = t.type({ chat_template: Templates })

const endsOf = (
  { eos_token }: TokenizerConfigJson,
  ends: EndsJson | null,
  folder: string,
): E.Either<CheckpointError, readonly (number | string)[]> => {
  const found = [tokenText(eos_token), ends?.eos_token_id].flat().filter((end) => end !== undefined && end !== null)
  return found.length > 0
    ? E.right(found)
    : E.left(new CheckpointError(folder, 'no token that ends a completion', ENDS))
}

const ENDS = 'eos_token in tokenizer_config.json, or eos_token_id in generation_config.json or config.json'

const tokenText = (token: t.TypeOf<typeof SpecialToken> | undefined): string | undefined =>
  typeof token === 'string' ? token : token?.content

/** Text of a template, and the file that holds it. */
interface Source {
  readonly file: string
  readonly template: t.TypeOf<typeof Templates>
}

/** Reads the chat template from a file of its own, which newer folders have; null if there is none. */
const chatTemplateSource = (folder: string): TE.TaskEither<CheckpointError, Source | null> => {
  const [jinja, json] = [join(folder, 'chat_template.jinja'), join(folder, 'chat_template.json')]
  return pipe(
    textOf(jinja, limits.template),
    TE.chain((text) =>
      text !== null
        ? TE.right({ file: jinja, template: text })
        : pipe(
            readOptional(json, ChatTemplateJson),
            TE.map((found) => found && { file: json, template: found.chat_template }),
          ),
    ),
  )
}

const templateOf = (
  own: Source | null,
  { chat_template, bos_token, eos_token }: TokenizerConfigJson,
  folder: string,
  now: Date | undefined,
): E.Either<CheckpointError, ChatTemplate> => {
  const { file, template } = own ?? { file: join(folder, 'tokenizer_config.json'), template: chat_template ?? [] }
  const chosen = typeof template === 'string' ? template : template.find(({ name }) => name === 'default')?.template
  if (chosen === undefined)
    return E.left(missingTemplate(file, 'chat_template, or a file chat_template.jinja or chat_template.json'))
  const variables = { bos_token: tokenText(bos_token), eos_token: tokenText(eos_token) }
  return chatTemplate({ template: chosen, variables, file, ...(now === undefined ? {} : { now }) })
}

const readRequired = <A>(file: string, codec: t.Decoder<unknown, A>): TE.TaskEither<CheckpointError, A> =>
  pipe(
    readOptional(file, codec),
    TE.chain((found) =>
      found === null ? TE.left(new CheckpointError(file, 'no such file', 'a file of the tokenizer')) : TE.right(found),
    ),
  )

/** Reads and decodes a JSON file; null if there is no such file. */
const readOptional = <A>(file: string, codec: t.Decoder<unknown, A>): TE.TaskEither<CheckpointError, A | null> =>
  pipe(
    textOf(file),
    TE.chainEitherK((text) => (text === null ? E.right(null) : parse(file, text, codec))),
  )

const parse = <A>(file: string, text: string, codec: t.Decoder<unknown, A>): E.Either<CheckpointError, A> =>
  pipe(
    parseJsonText(text, file),
    E.chain((json) => decodeFields(codec, json, file)),
  )

/** Reads a text file of at most `limit` bytes; null if there is no such file. */
const textOf = (file: string, limit: number = limits.json): TE.TaskEither<CheckpointError, string | null> =>
  TE.tryCatch(
    () =>
      readRegularFile(file, limit).then(
        (bytes) => bytes.toString('utf8'),
        (cause: unknown) => (isMissing(cause) ? null : Promise.reject(cause as Error)),
      ),
    (cause) => toCheckpointError(file, cause, 'a file that can be read'),
  )
