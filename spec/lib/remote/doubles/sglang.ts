import { type DoubleServer, doubleServers, type Received, type Reply } from './double-server.js'
import { generate, nextLogprobs, samplingLogprobs, topOf } from './tiny-model.js'

/** Settings of {@link sglangDoubles}. */
export interface SglangOptions {
  /** Whether log-probs are at temperature 1, as with SGLANG_RETURN_ORIGINAL_LOGPROB, or at the sampling temperature [tempered]. */
  readonly mode?: 'raw' | 'tempered'
  /** Changes an answer, for servers that lack something. */
  readonly change?: (info: Record<string, unknown>) => unknown
}

export interface SglangDouble extends DoubleServer {
  /** Names of loaded adapters, with their folders. */
  readonly adapters: Map<string, string>
  /** Version of the whole model. */
  version: string
  /** Identifiers of requests that were aborted. */
  readonly aborted: unknown[]
}

interface GenerateBody {
  readonly rid?: string
  readonly input_ids: readonly number[]
  readonly sampling_params: {
    readonly max_new_tokens: number
    readonly temperature: number
    readonly top_p?: number
    readonly top_k?: number
    readonly sampling_seed?: number
    readonly stop_token_ids?: readonly number[]
  }
  readonly logprob_start_len?: number
  readonly top_logprobs_num?: number
  readonly lora_path?: string | null
}

/** Doubles of SGLang 0.5: routes, fields and errors of its own interface, with a model of eight tokens. */
export const sglangDoubles = () => {
  const open = doubleServers()
  return async ({ mode = 'tempered', change = (x) => x }: SglangOptions = {}): Promise<SglangDouble> => {
    const state = { adapters: new Map<string, string>(), version: 'default', aborted: [] as unknown[] }
    const server = await open(({ path, body }): Reply => {
      if (path === '/health') return { text: '' }
      if (path === '/v1/models') return { json: { object: 'list', data: modelCards(state.adapters) } }
      if (path === '/generate') return complete(body as unknown as GenerateBody, state, mode, change)
      if (path === '/abort_request') {
        state.aborted.push(body['rid'])
        return { text: '' }
      }
      if (path === '/update_weights_from_disk') {
        state.version = String(body['weight_version'])
        return { json: { success: true, message: 'Succeeded to update model weights.', num_paused_requests: 0 } }
      }
      return changeAdapters({ path, body, method: 'POST' }, state.adapters)
    })
    return Object.assign(state, server)
  }
}

const modelCards = (adapters: ReadonlyMap<string, string>) => [
  { id: '/models/base', object: 'model', root: '/models/base' },
  ...[...adapters].map(([id, root]) => ({ id, object: 'model', root, parent: '/models/base' })),
]

const changeAdapters = ({ path, body }: Received, adapters: Map<string, string>): Reply => {
  const [name, folder] = [String(body['lora_name']), String(body['lora_path'])]
  const isLoad = path === '/load_lora_adapter'
  if (!isLoad && path !== '/unload_lora_adapter') return { status: 404, json: { detail: 'Not Found' } }
  const isRefused = isLoad ? adapters.has(name) || folder.includes('missing') : !adapters.has(name)
  if (isRefused) return { status: 400, json: { success: false, error_message: `LoRA adapter ${name} is refused` } }
  if (isLoad) adapters.set(name, folder)
  else adapters.delete(name)
  return { json: { success: true, error_message: '', loaded_adapters: Object.fromEntries(adapters) } }
}

const complete = (
  body: GenerateBody,
  { adapters, version }: { readonly adapters: ReadonlyMap<string, string>; readonly version: string },
  mode: NonNullable<SglangOptions['mode']>,
  change: NonNullable<SglangOptions['change']>,
): Reply => {
  const { input_ids, sampling_params, logprob_start_len = -1, top_logprobs_num: top = 0, lora_path } = body
  if (lora_path != null && !adapters.has(lora_path))
    return {
      status: 400,
      json: { error: { message: `The following requested LoRA adapters are not loaded: ${lora_path}` } },
    }
  const weights = lora_path ?? (version === 'default' ? 'base' : version)
  const { temperature, top_k = -1, top_p = 1, max_new_tokens, sampling_seed = 0, stop_token_ids = [] } = sampling_params
  const { steps, finish } = generate(input_ids, weights, {
    ...{ temperature, topK: Math.max(0, top_k), topP: top_p, nucleus: 'all' },
    ...{ maxTokens: max_new_tokens, ends: stop_token_ids, seed: sampling_seed },
  })
  const valuesOf = (raw_V: readonly number[]) =>
    mode === 'raw' || temperature === 0
      ? raw_V
      : samplingLogprobs(raw_V, { temperature, topK: 0, topP: 1, nucleus: 'all' })
  const topList = (values: readonly number[]) =>
    topOf(values, top, -1).map(({ token, logprob }) => [logprob, token, null])
  const last = steps.at(-1)!.token
  const info: Record<string, unknown> = {
    ...{ id: body.rid, weight_version: version, prompt_tokens: input_ids.length, completion_tokens: steps.length },
    finish_reason: finish === 'stop' ? { type: 'stop', matched: last } : { type: 'length', length: steps.length },
    output_token_logprobs: steps.map(({ token, raw_V }) => [valuesOf(raw_V)[token], token, null]),
    output_top_logprobs: steps.map(({ raw_V }) => topList(valuesOf(raw_V))),
    input_token_logprobs:
      logprob_start_len < 0
        ? []
        : input_ids.map((token, t) => [
            t === 0 ? null : nextLogprobs(input_ids.slice(0, t), weights)[token],
            ...[token, null],
          ]),
    input_top_logprobs:
      logprob_start_len < 0
        ? []
        : input_ids.map((_, t) => (t === 0 ? null : topList(nextLogprobs(input_ids.slice(0, t), weights)))),
  }
  return { json: { text: '', meta_info: change(info) } }
}
