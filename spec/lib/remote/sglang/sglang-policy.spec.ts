import { from } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { orThrow } from '#lib/or-throw.js'
import { sglangPolicy } from '#lib/remote/sglang/sglang-policy.js'
import type { Received } from '../doubles/double-server.js'
import { sglangDoubles, type SglangOptions } from '../doubles/sglang.js'
import { behavesAsSampler, digits, expectLogprobs, groupsOf } from '../sampler/behaviour.js'

const open = sglangDoubles()
const batch = { step: 0, prompts: [{ id: 'a', text: '12', tokens: [1, 2], reference: '' }] }
const sampling = { group: 20, temperature: 1, topK: 0, topP: 1, maxTokens: 4, seed: 3 }

const policyOn = async (options: SglangOptions = {}) => {
  const double = await open(options)
  return { double, policy: await orThrow(sglangPolicy({ url: double.url, tokenizer: digits, retry: { retries: 0 } })) }
}

const parameters = ({ body }: Received) => body['sampling_params'] as Readonly<Record<string, unknown>>

const sampleIn = (request: Received) => {
  if (request.path !== '/generate' || parameters(request)['max_new_tokens'] === 1) return null
  return {
    prompt: request.body['input_ids'] as readonly number[],
    seeds: [Number(parameters(request)['sampling_seed'])],
    weights: request.body['lora_path'],
  }
}

describe('sglangPolicy', () => {
  behavesAsSampler({
    open,
    connect: (options) => orThrow(sglangPolicy(options)),
    sampleIn,
    routes: { load: '/load_lora_adapter', unload: '/unload_lora_adapter', sample: '/generate' },
  })

  it('sends one request for a completion, and leaves nothing to the defaults of the model', async () => {
    const { double, policy } = await policyOn()
    await groupsOf(policy, batch, { ...sampling, group: 2, topK: 3 })
    const bodies = double.received.filter((request) => sampleIn(request) !== null).map(({ body }) => body)
    expect(bodies).toHaveLength(2)
    expect(new Set(bodies.map(({ rid }) => rid)).size).toBe(2)
    expect(bodies[0]).toEqual({
      rid: expect.stringMatching(/^entrain-/) as string,
      ...{ input_ids: [1, 2], return_logprob: true, top_logprobs_num: 3, lora_path: null },
      sampling_params: {
        ...{ max_new_tokens: 4, temperature: 1, top_p: 1, top_k: 3, min_p: 0, stop_token_ids: [0] },
        ...{ presence_penalty: 0, frequency_penalty: 0, repetition_penalty: 1 },
        sampling_seed: expect.any(Number) as number,
      },
    })
  })

  it('aborts the requests that it cancels', async () => {
    const { double, policy } = await policyOn()
    double.hold((request) => sampleIn(request) !== null)
    const subscription = from(policy.sample(batch, { ...sampling, group: 2 })).subscribe()
    const ids = () => double.received.filter((request) => sampleIn(request) !== null).map(({ body }) => body['rid'])
    await expect.poll(() => ids().length).toBe(2)
    subscription.unsubscribe()
    await expect.poll(() => double.aborted.length).toBe(2)
    expect(new Set(double.aborted)).toEqual(new Set(ids()))
  })

  describe('log-probs of the sampling distribution', () => {
    const settings = [
      ['tempered', {}, 'equal'],
      ['tempered', { temperature: 0.6 }, 'equal'],
      ['tempered', { topK: 3 }, 'present'],
      ['tempered', { topK: 4, topP: 0.7, temperature: 2 }, 'present'],
      ['raw', {}, 'equal'],
      ['raw', { topK: 3, topP: 0.8 }, 'present'],
      ['raw', { topK: 3, temperature: 0.6 }, 'absent'],
    ] as const
    it.each(settings)('%s, %o', async (mode, changes, untruncated) => {
      const { policy } = await policyOn({ mode })
      const how = { ...sampling, ...changes }
      const [group] = await groupsOf(policy, batch, how)
      expectLogprobs(group!, 'base', { ...how, nucleus: 'all' }, untruncated)
    })

    it('are refused for top-p alone', async () => {
      const { policy } = await policyOn()
      await expect(groupsOf(policy, batch, { ...sampling, topP: 0.9 })).rejects.toThrow(
        'found log-probs at the sampling temperature without top-k and top-p',
      )
    })
  })

  describe('whole models', () => {
    const model = (version: number) =>
      ({ version, name: `entrain-m-${version}`, kind: 'model', folder: `/m/${version}` }) as const

    it('replace the weights of the server; later requests wait for them', async () => {
      const { double, policy } = await policyOn()
      const release = double.hold(({ path }) => path === '/update_weights_from_disk')
      const publishing = orThrow(policy.publish(model(1)))
      await expect.poll(() => double.received.some(({ path }) => path === '/update_weights_from_disk')).toBe(true)
      const sampling$ = groupsOf(policy, batch, sampling)
      expect(double.received.filter((request) => sampleIn(request) !== null)).toHaveLength(0)
      release()
      await publishing
      const [group] = await sampling$
      expectLogprobs(group!, 'entrain-m-1', { ...sampling, nucleus: 'all' }, 'equal')
      expect(group!.completions[0]!.version).toBe(1)
      expect(double.received.find(({ path }) => path === '/update_weights_from_disk')!.body).toEqual({
        ...{ model_path: '/m/1', weight_version: 'entrain-m-1', flush_cache: true, abort_all_requests: false },
      })
    })

    it('are loaded again when the server has its first weights after a restart', async () => {
      const { double, policy } = await policyOn()
      await orThrow(policy.publish(model(1)))
      double.version = 'default'
      const [group] = await groupsOf(policy, batch, sampling)
      expectLogprobs(group!, 'entrain-m-1', { ...sampling, nucleus: 'all' }, 'equal')
      expect(double.version).toBe('entrain-m-1')
    })
  })

  it('refuses a server that returns no log-probs, and names what is missing', async () => {
    const opening = policyOn({
      change: (info) => ({ ...info, output_token_logprobs: undefined, input_token_logprobs: null }),
    })
    await expect(opening).rejects.toMatchObject({ problem: 'unfit' })
    await expect(opening).rejects.toThrow('without the tokens and log-probs of completions')
    await expect(opening).rejects.toThrow('without the log-probs of given tokens')
  })
})
