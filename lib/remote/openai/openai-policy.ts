import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { lastValueFrom } from 'rxjs'
import { buildOn } from '../../resource.js'
import { forFirstRequests, openServer, type Server, type ServerOptions, withTrial } from '../http/server.js'
import { ServerError } from '../http/server-error.js'
import type { SettingError } from '../http/setting-error.js'
import type { RemotePolicy } from '../remote-policy.js'
import { healthRequest } from '../sampler/ask-health.js'
import { findLogprobKind } from '../sampler/logprob-kind.js'
import { checkSamplerOptions, createRemoteSampler, type SamplerOptions, whenAsync } from '../sampler/remote-sampler.js'
import { requireFields } from '../sampler/require-fields.js'
import { listModels, openAiWire } from './openai-wire.js'

/** Options of {@link openAiPolicy}. */
export interface OpenAiPolicyOptions extends ServerOptions, SamplerOptions {
  /** Name of the model on the server [the only one that the server lists]. */
  readonly model?: string
  /**
   * True if the server scores the tokens of a prompt while it works on other requests [false]. vLLM on CPU with `--enable-lora` does
   * not: such a request ends the server (seen with 0.32.0). By default the requests of a score therefore run one after another.
   */
  readonly scoresBeside?: boolean
}

/**
 * Opens a policy on vLLM, or on another server whose `/v1/completions` takes and returns tokens with their log-probs.
 *
 * The server is asked for a few tokens. Then the policy knows which log-probs the server returns, and computes from them those of the
 * sampling distribution.
 *
 * @errors SettingError for an address or a proxy; ServerError, unfit if the server lacks something, which the error names; throws
 *         RangeError for an impossible option
 * @example
 * const policy = await orThrow(openAiPolicy({ url: 'http://10.0.0.7:8000', tokenizer }))
 */
export const openAiPolicy = (options: OpenAiPolicyOptions): TE.TaskEither<ServerError | SettingError, RemotePolicy> => {
  checkSamplerOptions(options)
  // Clients of this interface are often given an address that ends with /v1.
  const url = options.url.replace(/\/v1\/*$/, '')
  return buildOn(
    TE.fromEither<ServerError | SettingError, Server>(openServer({ ...options, url })),
    (server) => whenAsync(() => openOn(server, options)),
    (server) => server.close(),
  )
}

const openOn = async (server: Server, options: OpenAiPolicyOptions): Promise<RemotePolicy> => {
  const trial = forFirstRequests(server)
  const model = await modelOf(trial, options.model)
  await checkFields(trial, model)
  const kind = await findLogprobKind(openAiWire(trial, model, false), options.tokenizer.vocabulary)
  return createRemoteSampler(
    openAiWire(withTrial(server, healthRequest), model, options.scoresBeside ?? false),
    kind,
    options,
  )
}

/** Returns the name of the model that the server was started with. Adapters are listed with a parent. */
const modelOf = async (server: Server, wanted: string | undefined): Promise<string> => {
  const { data } = await lastValueFrom(listModels(server))
  const names = data.filter(({ parent }) => parent == null).map(({ id }) => id)
  const [only, ...others] = wanted === undefined ? names : names.filter((name) => name === wanted)
  if (only !== undefined && others.length === 0) return only
  throw new ServerError(
    'unfit',
    server.name,
    names.length === 0 ? 'no model' : `the models ${names.join(', ')}`,
    wanted === undefined ? 'one model, or the option `model`' : `the model ${wanted}`,
  )
}

/** Fields that an answer needs, with what a server does that returns them. */
const needed = [
  ['token_ids', 'the tokens of completions (return_token_ids)'],
  ['logprobs', 'the log-probs of sampled tokens (logprobs)'],
] as const

const ProbeCodec = t.type({ choices: t.readonlyArray(t.UnknownRecord) })

/** Refuses a server whose answers lack a field. @errors rejects with ServerError unfit that names all that is missing */
const checkFields = async (server: Server, model: string): Promise<void> => {
  const { choices } = await lastValueFrom(
    server.request({
      ...{ method: 'POST', path: '/v1/completions', codec: ProbeCodec, isRepeatable: true },
      body: {
        ...{ model, prompt: [1, 2], max_tokens: 1, temperature: 1, logprobs: 2 },
        ...{ return_token_ids: true, return_tokens_as_token_ids: true },
      },
    }),
  )
  const fields = choices[0] ?? {}
  const missing: readonly string[] = [
    ...needed.filter(([name]) => fields[name] === undefined || fields[name] === null).map(([, text]) => text),
    ...(keysAreTokens(fields['logprobs']) ? [] : ['the tokens of top log-probs (return_tokens_as_token_ids)']),
  ]
  requireFields(server, missing, 'vLLM 0.10.2 or newer, or SGLang by its own interface (sglangPolicy)')
}

/** Returns whether the keys of the most probable tokens are tokens, not texts. Log-probs that are missing are no fault here. */
const keysAreTokens = (logprobs: unknown): boolean => {
  const decoded = t.type({ top_logprobs: t.readonlyArray(t.UnknownRecord) }).decode(logprobs)
  if (decoded._tag === 'Left') return logprobs === undefined || logprobs === null
  return Object.keys(decoded.right.top_logprobs[0] ?? {}).every((key) => key.startsWith('token_id:'))
}
