import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { lastValueFrom } from 'rxjs'
import { buildOn } from '../../resource.js'
import { forFirstRequests, openServer, type Server, type ServerOptions, withTrial } from '../http/server.js'
import type { ServerError } from '../http/server-error.js'
import type { SettingError } from '../http/setting-error.js'
import type { RemotePolicy } from '../remote-policy.js'
import { askHealth, healthRequest } from '../sampler/ask-health.js'
import { findLogprobKind } from '../sampler/logprob-kind.js'
import { checkSamplerOptions, createRemoteSampler, type SamplerOptions, whenAsync } from '../sampler/remote-sampler.js'
import { requireFields } from '../sampler/require-fields.js'
import { sglangWire } from './sglang-wire.js'

/** Options of {@link sglangPolicy}. */
export interface SglangPolicyOptions extends ServerOptions, SamplerOptions {}

/**
 * Opens a policy on SGLang, by its own interface `/generate`. It takes adapters and whole models.
 *
 * The server is asked for a few tokens. Then the policy knows which log-probs the server returns, and computes from them those of the
 * sampling distribution. Seeds have an effect if the server was started with `--enable-deterministic-inference`.
 *
 * @errors SettingError for an address or a proxy; ServerError, unfit if the server lacks something, which the error names; throws
 *         RangeError for an impossible option
 * @example
 * const policy = await orThrow(sglangPolicy({ url: 'http://10.0.0.7:30000', tokenizer }))
 */
export const sglangPolicy = (options: SglangPolicyOptions): TE.TaskEither<ServerError | SettingError, RemotePolicy> => {
  checkSamplerOptions(options)
  return buildOn(
    TE.fromEither<ServerError | SettingError, Server>(openServer(options)),
    (server) => whenAsync(() => openOn(server, options)),
    (server) => server.close(),
  )
}

/** Number of prompts at a time. Each completion of a prompt has a connection, of which an operating system allows about a thousand. */
const PROMPTS = 32

const openOn = async (server: Server, options: SglangPolicyOptions): Promise<RemotePolicy> => {
  const trial = forFirstRequests(server)
  // A server that hangs is found by a request that is answered at once by others.
  await lastValueFrom(askHealth(trial))
  await checkFields(trial)
  const kind = await findLogprobKind(sglangWire(trial), options.tokenizer.vocabulary)
  return createRemoteSampler(sglangWire(withTrial(server, healthRequest)), kind, { prompts: PROMPTS, ...options })
}

const needed = [
  ['output_token_logprobs', 'the tokens and log-probs of completions (return_logprob)'],
  ['input_token_logprobs', 'the log-probs of given tokens (logprob_start_len)'],
] as const

const ProbeCodec = t.type({ meta_info: t.UnknownRecord })

/** Refuses a server whose answers lack a field. @errors rejects with ServerError unfit that names all that is missing */
const checkFields = async (server: Server): Promise<void> => {
  const { meta_info } = await lastValueFrom(
    server.request({
      ...{ method: 'POST', path: '/generate', codec: ProbeCodec, isRepeatable: true },
      body: {
        ...{ input_ids: [1, 2], sampling_params: { max_new_tokens: 1, temperature: 1 } },
        ...{ return_logprob: true, logprob_start_len: 0, top_logprobs_num: 2 },
      },
    }),
  )
  const missing = needed.filter(([name]) => !Array.isArray(meta_info[name])).map(([, text]) => text)
  requireFields(server, missing, 'SGLang 0.5')
}
