import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { firstValueFrom, from } from 'rxjs'
import { onTestFinished } from 'vitest'
import type { Engine } from '#lib/compute/engine/engine.js'
import { openEngine } from '#lib/compute/engine/open-engine.js'
import { withAdapters } from '#lib/model/lora/adapters.js'
import { readAdapters } from '#lib/model/lora/peft-folder.js'
import { readModel } from '#lib/model/model-file.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import { orThrow } from '#lib/or-throw.js'
import { type LocalModel, localModel } from '#lib/policy/local/local-model.js'
import { uniform } from '#lib/random/uniform.js'
import type { Batch } from '#lib/rollout/batch.js'
import { countdown } from '#lib/task/countdown/index.js'
import type { CompletionBody } from '../../lib/remote/doubles/vllm.js'
import { samplingLogprobs, topOf } from '../../lib/remote/doubles/tiny-model.js'

const { tokenizer } = countdown()

/** Settings of {@link vllmServer}. */
export interface VllmServerOptions {
  /** Model file that the server was started with. */
  readonly model: string
  /** Key that every request has to have. */
  readonly key?: string
  /** If false, the server says that it has loaded adapters, and samples from the base model. */
  readonly takesAdapters?: boolean
  /** Maximum rank of adapters that it loads. */
  readonly maxRank?: number
  /** Called before adapters are loaded. */
  readonly onLoad?: () => Promise<void>
  /** Called with each request for completions before it is answered. */
  readonly onSample?: (prompt: readonly number[]) => Promise<void>
}

/**
 * Double of vLLM with a real model: it loads the adapters that it is told to, and its log-probs are those of the decoder. `requests`
 * lists the adapters that were loaded and unloaded, and `opened` waits for the models that are being opened.
 */
export const vllmServer = (
  engine: Engine,
  { model: path, key, takesAdapters = true, maxRank = Infinity, onLoad, onSample }: VllmServerOptions,
) => {
  const models = new Map<string, Promise<LocalModel>>()
  const requests: string[] = []
  const open = async (adapters: string | null): Promise<LocalModel> => {
    const base = await orThrow(readModel(path))
    const checkpoint = adapters === null ? base : withAdapters(base, await orThrow(readAdapters(adapters, base.config)))
    return orThrow(localModel({ engine, checkpoint, tokenizer, learningRate: constantRate(0) }))
  }
  models.set('base', open(null))

  const choiceOf = async (model: LocalModel, body: CompletionBody, index: number) => {
    const { temperature, top_k = -1, top_p = 1, seed = 0, stop_token_ids = [], logprobs = 0 } = body
    const tokens: number[] = []
    const raws: (readonly number[])[] = []
    let finish = 'length'
    while (tokens.length < body.max_tokens && finish === 'length') {
      const raw_V = await nextLogprobs(model, [...body.prompt, ...tokens])
      const how = { temperature, topK: Math.max(0, top_k), topP: top_p, nucleus: 'kept' as const }
      const draw = uniform(seed + index, tokens.length)
      const token = body.allowed_token_ids?.[0] ?? drawn(samplingLogprobs(raw_V, how), draw)
      tokens.push(token)
      raws.push(raw_V)
      if (stop_token_ids.includes(token)) finish = 'stop'
    }
    const namesOf = (raw_V: readonly number[], token: number) =>
      topOf(raw_V, logprobs, token).map((one) => [`token_id:${one.token}`, one.logprob] as const)
    return {
      ...{ index, text: '', finish_reason: finish, token_ids: tokens, prompt_token_ids: body.prompt },
      logprobs: {
        tokens: tokens.map((token) => `token_id:${token}`),
        token_logprobs: tokens.map((token, t) => raws[t]![token]),
        top_logprobs: tokens.map((token, t) => Object.fromEntries(namesOf(raws[t]!, token))),
      },
      // The client asks at its start whether the field exists.
      prompt_logprobs: body.prompt_logprobs === undefined ? null : [null, { [body.prompt[1]!]: { logprob: -1 } }],
    }
  }

  const answer = async (message: IncomingMessage): Promise<readonly [number, unknown]> => {
    if (key !== undefined && message.headers.authorization !== `Bearer ${key}`) return [401, { error: 'Unauthorized' }]
    const received = await text(message)
    const body = (received === '' ? {} : JSON.parse(received)) as Readonly<Record<string, unknown>>
    const name = String(body['lora_name'])
    switch (message.url) {
      case '/health':
        return [200, '']
      case '/v1/models':
        return [200, { data: [{ id: 'base', root: path, parent: null }] }]
      case '/v1/load_lora_adapter':
        await onLoad?.()
        if (
          (await orThrow(readAdapters(String(body['lora_path']), (await orThrow(readModel(path))).config))).config
            .rank > maxRank
        )
          // As vLLM 0.32.0 answers.
          return [
            500,
            {
              error: {
                message: `Call to add_lora method failed: Worker failed with error 'LoRA rank is greater than max_lora_rank ${maxRank}.'`,
              },
            },
          ]
        requests.push(`load ${name}`)
        models.set(name, open(takesAdapters ? String(body['lora_path']) : null))
        await models.get(name)
        return [200, `Success: LoRA adapter '${name}' added successfully.`]
      case '/v1/unload_lora_adapter':
        requests.push(`unload ${name}`)
        return models.delete(name) ? [200, 'Success'] : [404, { error: { message: 'not found' } }]
      case '/v1/completions': {
        const request = body as unknown as CompletionBody
        if (request.max_tokens > 1) await onSample?.(request.prompt)
        const model = await models.get(request.model)
        if (model === undefined) return [404, { error: { message: `The model ${request.model} does not exist.` } }]
        const indices = Array.from({ length: request.n ?? 1 }, (_, index) => index)
        return [
          200,
          { model: request.model, choices: await Promise.all(indices.map((index) => choiceOf(model, request, index))) },
        ]
      }
      default:
        return [404, { detail: 'Not Found' }]
    }
  }
  return { answer, requests, opened: () => Promise.allSettled(models.values()) }
}

/** Starts a double of vLLM with an engine of its own, until the end of the test. */
export const servedVllm = async (options: VllmServerOptions) => {
  const { engine } = await orThrow(openEngine('onnx'))
  const { answer, requests, opened } = vllmServer(engine, options)
  const server = createServer((message, response) => {
    void answer(message).then(
      ([status, body]) => response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body)),
      // The engine is closed during a request that the client no longer waits for.
      () => response.destroy(),
    )
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await opened()
    await engine.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

const drawn = (logprobs_V: readonly number[], draw: number): number => {
  let left = draw
  const token = logprobs_V.findIndex((logprob) => (left -= Math.exp(logprob)) < 0)
  return token < 0 ? logprobs_V.indexOf(Math.max(...logprobs_V)) : token
}

/** Log-probs of all next tokens: those of one completion of one token for each of them. */
const nextLogprobs = async ({ policy }: LocalModel, tokens: readonly number[]): Promise<readonly number[]> => {
  const prompt = { id: 'p', text: '', tokens, reference: '' }
  const batch: Batch = {
    step: 0,
    responses: Array.from({ length: tokenizer.vocabulary }, (_, token) => ({
      prompt,
      completion: {
        tokens: Int32Array.of(token),
        logprobs_T: new Float32Array(1),
        text: '',
        finish: 'length',
        version: 0,
      },
      reward: { value: 0, correct: false },
      group: 0,
    })),
    advantages_B: new Float32Array(tokenizer.vocabulary),
    width: 1,
    failures: [],
    zeroVarianceGroups: 0,
    discardedGroups: 0,
  }
  return Array.from((await firstValueFrom(from(policy.score(batch)))).logprobs_BT)
}
