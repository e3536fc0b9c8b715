import { from, lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { orThrow } from '#lib/or-throw.js'
import { openAiPolicy } from '#lib/remote/openai/openai-policy.js'
import type { Received } from '../doubles/double-server.js'
import { vllmDoubles, type VllmOptions } from '../doubles/vllm.js'
import { behavesAsSampler, digits, expectLogprobs, groupsOf, scoringBatch } from '../sampler/behaviour.js'

const open = vllmDoubles()
const batch = { step: 0, prompts: [{ id: 'a', text: '12', tokens: [1, 2], reference: '' }] }
const sampling = { group: 40, temperature: 1, topK: 0, topP: 1, maxTokens: 4, seed: 3 }

const policyOn = async (options: VllmOptions = {}) => {
  const double = await open(options)
  return { double, policy: await orThrow(openAiPolicy({ url: double.url, tokenizer: digits, retry: { retries: 0 } })) }
}

const sampleIn = ({ path, body }: Received) => {
  if (path !== '/v1/completions' || body['max_tokens'] === 1) return null
  const [seed, n] = [Number(body['seed']), Number(body['n'])]
  return {
    prompt: body['prompt'] as readonly number[],
    seeds: Array.from({ length: n }, (_, i) => seed + i),
    weights: body['model'],
  }
}

describe('openAiPolicy', () => {
  behavesAsSampler({
    open,
    connect: (options) => orThrow(openAiPolicy(options)),
    sampleIn,
    routes: { load: '/v1/load_lora_adapter', unload: '/v1/unload_lora_adapter', sample: '/v1/completions' },
  })

  it('sends one request for a prompt, and leaves nothing to the defaults of the model', async () => {
    const { double, policy } = await policyOn()
    await groupsOf(policy, batch, { ...sampling, group: 2, topK: 3 })
    const { seed, ...rest } = double.received.at(-1)!.body
    expect(seed).toBeGreaterThan(0)
    expect(rest).toEqual({
      ...{ model: 'base', prompt: [1, 2], n: 2, max_tokens: 4, temperature: 1, top_p: 1, top_k: 3, min_p: 0 },
      ...{ presence_penalty: 0, frequency_penalty: 0, repetition_penalty: 1, stop_token_ids: [0], ignore_eos: true },
      ...{ logprobs: 3, return_token_ids: true, return_tokens_as_token_ids: true },
    })
    expect(double.received.filter((request) => sampleIn(request) !== null)).toHaveLength(1)
  })

  it('takes an address with and without /v1', async () => {
    const double = await open()
    for (const url of [double.url, `${double.url}/`, `${double.url}/v1`, `${double.url}/v1/`])
      expect((await orThrow(openAiPolicy({ url, tokenizer: digits }))).name).toBe(double.url)
  })

  describe('log-probs of the sampling distribution', () => {
    const settings = [
      ['raw_logprobs', {}, 'equal'],
      ['raw_logprobs', { topK: 3 }, 'present'],
      ['raw_logprobs', { topK: 4, topP: 0.7 }, 'present'],
      ['raw_logprobs', { topK: 3, temperature: 0.6 }, 'absent'],
      ['processed_logprobs', {}, 'equal'],
      ['processed_logprobs', { temperature: 0.6 }, 'equal'],
      ['processed_logprobs', { topK: 3 }, 'present'],
      ['processed_logprobs', { topP: 0.7 }, 'present'],
      ['processed_logprobs', { topP: 0.7, temperature: 2 }, 'absent'],
    ] as const
    it.each(settings)('%s, %o', async (mode, changes, untruncated) => {
      const { policy } = await policyOn({ mode })
      const how = { ...sampling, ...changes }
      const [group] = await groupsOf(policy, batch, how)
      expectLogprobs(group!, 'base', { ...how, nucleus: 'kept' }, untruncated)
    })

    it('are 0 for greedy completions', async () => {
      const { policy } = await policyOn()
      const [group] = await groupsOf(policy, batch, { ...sampling, temperature: 0 })
      expect(new Set(group!.completions.flatMap(({ logprobs_T }) => [...logprobs_T]))).toEqual(new Set([0]))
      expect(new Set(group!.completions.map(({ text }) => text)).size).toBe(1)
    })

    it.each([{ temperature: 0.6 }, { topP: 0.9 }, { topK: 21 }])(
      'are refused where raw ones say too little: %o',
      async (changes) => {
        const { policy } = await policyOn()
        const sampled = groupsOf(policy, batch, { ...sampling, ...changes })
        await expect(sampled).rejects.toThrow('found log-probs at temperature 1 without top-k and top-p')
        await expect(sampled).rejects.toThrow('--logprobs-mode processed_logprobs')
      },
    )
  })

  describe('refuses a server at the start', () => {
    const without = (field: string) => (choice: Record<string, unknown>) => ({ ...choice, [field]: undefined })
    const cases: readonly (readonly [string, VllmOptions, string])[] = [
      ['without tokens', { change: without('token_ids') }, 'without the tokens of completions (return_token_ids)'],
      ['without log-probs', { change: without('logprobs') }, 'without the log-probs of sampled tokens (logprobs)'],
      [
        'with texts as keys',
        { change: (choice) => ({ ...choice, logprobs: { token_logprobs: [-1], top_logprobs: [{ a: -1 }] } }) },
        'return_tokens_as_token_ids',
      ],
      ['with logits', { mode: 'raw_logits' }, 'log-probs of tokens, not logits'],
    ]
    it.each(cases)('%s', async (_, options, text) => {
      const opening = policyOn(options)
      await expect(opening).rejects.toMatchObject({ problem: 'unfit' })
      await expect(opening).rejects.toThrow(text)
    })

    it('without the model that was asked for', async () => {
      const double = await open()
      const opening = orThrow(openAiPolicy({ url: double.url, tokenizer: digits, model: 'other' }))
      await expect(opening).rejects.toThrow('found the models base, expected the model other')
    })
  })

  it('scores one sequence at a time, and nothing beside it, because vLLM on CPU would end', async () => {
    const { double, policy } = await policyOn()
    const groups = await groupsOf(policy, batch, sampling)
    const release = double.hold((request) => sampleIn(request) !== null)
    const count = (isScore: boolean) =>
      double.received.filter((request) =>
        isScore ? request.body['prompt_logprobs'] !== undefined : sampleIn(request) !== null,
      ).length
    const sampled = groupsOf(policy, batch, sampling)
    await expect.poll(() => count(false)).toBe(2)
    // The log-probs of a few tokens do not wait for the completions.
    expect((await orThrow(policy.logprobs([1, 2, 3]))).length).toBe(3)
    const scored = lastValueFrom(from(policy.score(scoringBatch(groups))))
    const later = groupsOf(policy, batch, sampling)
    expect([count(true), count(false)]).toEqual([0, 2])
    release()
    await Promise.all([sampled, scored, later])
    expect([count(true), count(false)]).toEqual([40, 3])
  })

  it('scores sequences beside other requests if the server can', async () => {
    const double = await open({ scoresBeside: true })
    const policy = await orThrow(openAiPolicy({ url: double.url, tokenizer: digits, scoresBeside: true }))
    const groups = await groupsOf(policy, batch, sampling)
    const release = double.hold(({ body }) => body['prompt_logprobs'] !== undefined)
    const scored = lastValueFrom(from(policy.score(scoringBatch(groups))))
    await expect.poll(() => double.received.filter(({ body }) => body['prompt_logprobs'] !== undefined).length).toBe(40)
    release()
    expect((await scored).method).toBe('sampled')
  })

  it('says how to start a server that loads no adapters, and loads no whole model', async () => {
    const { policy } = await policyOn({ hasAdapters: false })
    const weights = { version: 1, name: 'a', kind: 'adapters', folder: '/a' } as const
    await expect(orThrow(policy.publish(weights))).rejects.toThrow(
      'VLLM_ALLOW_RUNTIME_LORA_UPDATING=True and --enable-lora',
    )
    await expect(orThrow(policy.publish({ ...weights, kind: 'model' }))).rejects.toThrow('expected adapters')
  })

  it('refuses completions that end at other tokens than its own stop tokens', async () => {
    const { policy } = await policyOn({ change: (choice) => ({ ...choice, finish_reason: 'stop' }) })
    await expect(groupsOf(policy, batch, { ...sampling, maxTokens: 2 })).rejects.toThrow(
      'expected one that ends at a stop token',
    )
  })
})
