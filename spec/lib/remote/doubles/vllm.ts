import { type DoubleServer, doubleServers, type Received, type Reply } from './double-server.js'
import { generate, nextLogprobs, type Step, topOf } from './tiny-model.js'

/** Settings of {@link vllmDouble}. */
export interface VllmOptions {
  /** `--logprobs-mode` [raw_logprobs]. */
  readonly mode?: 'raw_logprobs' | 'processed_logprobs' | 'raw_logits'
  /** Whether adapters may be loaded [true]. */
  readonly hasAdapters?: boolean
  /** Whether a request with `prompt_logprobs` may run beside others; vLLM 0.32 on CPU with adapters ends otherwise [false]. */
  readonly scoresBeside?: boolean
  /** Changes an answer, for servers that lack something. */
  readonly change?: (choice: Record<string, unknown>) => unknown
}

export interface VllmDouble extends DoubleServer {
  /** Names of loaded adapters, with their folders. */
  readonly adapters: Map<string, string>
}

/** Body of a request for completions. */
export interface CompletionBody {
  readonly model: string
  readonly prompt: readonly number[]
  readonly n?: number
  readonly max_tokens: number
  readonly temperature: number
  readonly top_p?: number
  readonly top_k?: number
  readonly seed?: number
  readonly logprobs?: number
  readonly prompt_logprobs?: number
  readonly stop_token_ids?: readonly number[]
  readonly allowed_token_ids?: readonly number[]
}

/** Double of vLLM 0.32: routes, fields and errors of its OpenAI server, with a model of eight tokens. */
export const vllmDoubles = () => {
  const open = doubleServers()
  return async ({
    mode = 'raw_logprobs',
    hasAdapters = true,
    scoresBeside = false,
    change = (x) => x,
  }: VllmOptions = {}): Promise<VllmDouble> => {
    const adapters = new Map<string, string>()
    let hasEnded = false
    const server = await open((request, others): Reply => {
      const completions = [request, ...others].filter(({ path }) => path === '/v1/completions')
      const isScored = completions.some(({ body }) => body['prompt_logprobs'] !== undefined)
      hasEnded ||= !scoresBeside && isScored && completions.length > 1
      if (hasEnded) return { status: 500, json: { error: { message: 'EngineCore encountered an issue.' } } }
      if (request.path === '/health') return { text: '' }
      if (request.path === '/v1/models') return { json: { object: 'list', data: modelCards(adapters) } }
      if (request.path === '/v1/completions') return complete(request, adapters, mode, change)
      return hasAdapters ? changeAdapters(request, adapters) : { status: 404, json: { detail: 'Not Found' } }
    })
    return { ...server, adapters }
  }
}

const modelCards = (adapters: ReadonlyMap<string, string>) => [
  { id: 'base', object: 'model', root: '/models/base', parent: null, max_model_len: 64 },
  ...[...adapters].map(([id, root]) => ({ id, object: 'model', root, parent: 'base' })),
]

const failure = (code: number, message: string, type: string): Reply => ({
  status: code,
  json: { error: { message, type, param: null, code } },
})

const changeAdapters = ({ path, body }: Received, adapters: Map<string, string>): Reply => {
  const [name, folder] = [String(body['lora_name']), String(body['lora_path'])]
  if (path === '/v1/load_lora_adapter') {
    if (adapters.has(name))
      return failure(400, `The lora adapter '${name}' has already been loaded.`, 'InvalidUserInput')
    if (folder.includes('missing')) return failure(404, `No adapter found for ${folder}`, 'NotFoundError')
    adapters.set(name, folder)
    return { text: `Success: LoRA adapter '${name}' added successfully.` }
  }
  if (path !== '/v1/unload_lora_adapter') return { status: 404, json: { detail: 'Not Found' } }
  return adapters.delete(name)
    ? { text: `Success: LoRA adapter '${name}' removed successfully.` }
    : failure(404, `The lora adapter '${name}' cannot be found.`, 'NotFoundError')
}

const complete = (
  { body }: Received,
  adapters: ReadonlyMap<string, string>,
  mode: NonNullable<VllmOptions['mode']>,
  change: NonNullable<VllmOptions['change']>,
): Reply => {
  const request = body as unknown as CompletionBody
  if (request.model !== 'base' && !adapters.has(request.model))
    return failure(404, `The model \`${request.model}\` does not exist.`, 'NotFoundError')
  const choices = Array.from({ length: request.n ?? 1 }, (_, index) => change(choiceOf(request, index, mode)))
  return { json: { id: 'cmpl-1', object: 'text_completion', model: request.model, choices } }
}

const choiceOf = (request: CompletionBody, index: number, mode: NonNullable<VllmOptions['mode']>) => {
  const { prompt, model, temperature, top_k = -1, top_p = 1, max_tokens, seed = 0, stop_token_ids = [] } = request
  const { steps: sampled, finish } = generate(prompt, model, {
    ...{ temperature, topK: Math.max(0, top_k), topP: top_p, nucleus: 'kept' },
    ...{ maxTokens: max_tokens, ends: stop_token_ids, seed: seed + index },
  })
  const allowed = request.allowed_token_ids?.[0]
  const steps = allowed === undefined ? sampled : [force(sampled[0]!, allowed)]
  const valuesOf = ({ raw_V, sampling_V }: Step) =>
    mode === 'raw_logits' ? raw_V.map((logprob) => logprob - 5) : mode === 'raw_logprobs' ? raw_V : sampling_V
  const finite = (logprob: number) => Math.max(logprob, -9999)
  return {
    ...{ index, text: '', finish_reason: finish, stop_reason: null },
    ...{ token_ids: steps.map(({ token }) => token), prompt_token_ids: prompt },
    logprobs: {
      token_logprobs: steps.map((step) => finite(valuesOf(step)[step.token]!)),
      tokens: steps.map(({ token }) => `token_id:${token}`),
      top_logprobs: steps.map((step) =>
        Object.fromEntries(
          topOf(valuesOf(step), request.logprobs ?? 0, step.token).map(({ token, logprob }) => [
            `token_id:${token}`,
            finite(logprob),
          ]),
        ),
      ),
    },
    prompt_logprobs:
      request.prompt_logprobs === undefined
        ? null
        : prompt.map((sampled, t) => (t === 0 ? null : promptTop(request, t, sampled))),
  }
}

/** The only token that is allowed: the others are excluded from the sampling distribution. */
const force = ({ raw_V }: Step, token: number): Step => ({
  token,
  raw_V,
  sampling_V: raw_V.map((_, v) => (v === token ? 0 : -Infinity)),
})

const promptTop = ({ prompt, model, prompt_logprobs = 0 }: CompletionBody, t: number, sampled: number) =>
  Object.fromEntries(
    topOf(nextLogprobs(prompt.slice(0, t), model), prompt_logprobs, sampled).map(({ token, logprob }, rank) => [
      token,
      { logprob, rank: rank + 1, decoded_token: '' },
    ]),
  )
