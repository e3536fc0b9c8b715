import { from } from 'rxjs'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { orThrow } from '#lib/or-throw.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import {
  aBatchOf,
  accepted,
  all,
  config,
  inOrder,
  only,
  promptsOf,
  sampling,
  tokenizer,
  withModel,
} from '../../policy/local/tiny.js'
import type { ServerStatus } from '#lib/remote/remote-policy.js'
import { PATIENCE } from '../../../patience.js'
import { baseWith, lora, startDouble } from './double.js'
import { openOn, serviceOn } from './with-service.js'

const [engine, own] = [await inWorker('onnx', { threads: 1 }), await inWorker('onnx', { threads: 1 })]
afterAll(() => Promise.all([engine.close(), own.close()]))
const withService = serviceOn(engine, own)

const batch = aBatchOf([5, 1, 9, 3, 12, 2, 7])
/** Number of times that a request is sent again by default. */
const RETRIES = 8

const prompts = promptsOf(['1+', '23+45', '6', '7890+12'], 3)

describe('a policy on a service', () => {
  it('samples a group for each prompt, with its log-probs, its version and a seed of its own', async () => {
    await withService(async ({ policy }, double) => {
      const groups = inOrder(await all(policy.sample({ ...prompts, offset: 2 }, sampling)))
      expect(groups.map(({ step, index, prompt }) => [step, index, prompt.text])).toEqual(
        prompts.prompts.map(({ text }, place) => [3, 2 + place, text]),
      )
      for (const { completions, groups: count } of groups) {
        expect([completions.length, count]).toEqual([sampling.group, prompts.prompts.length])
        for (const { tokens, logprobs_T, text, finish, version } of completions) {
          const isStopped = tokenizer.ends.includes(tokens.at(-1)!)
          expect([logprobs_T.length, version, finish]).toEqual([tokens.length, 0, isStopped ? 'stop' : 'length'])
          expect(text).toBe(tokenizer.decode(isStopped ? tokens.subarray(0, -1) : tokens))
        }
      }
      const seeds = double.processed.flatMap(({ route, body }) =>
        route === 'asample' ? [(body['sampling_params'] as { seed: number }).seed] : [],
      )
      expect(new Set(seeds).size).toBe(4)
      expect(Math.max(...seeds)).toBeLessThan(2 ** 31 - sampling.group)
    })
  })

  it('scores as the model, and says that its scores are sampled', async () => {
    const expected = await withModel(engine, ({ policy }) => only(policy.score(batch)), { checkpoint: baseWith(3) })
    await withService(
      async ({ policy, freezeBase }) => {
        const scores = await only(policy.score(batch))
        expect([policy.scoreMethod, scores.method, scores.version]).toEqual(['sampled', 'sampled', 0])
        scores.logprobs_BT.forEach((logprob, i) => expect(logprob).toBeCloseTo(expected.logprobs_BT[i]!, 4))
        const { prompt, completion } = batch.responses[4]!
        const sequence = await policy.logprobs([...prompt.tokens, ...completion.tokens])()
        expect(sequence).toMatchObject({ _tag: 'Right' })
        const all_T = (sequence as { right: Float32Array }).right
        expect(all_T.length).toBe(prompt.tokens.length + completion.tokens.length)
        all_T
          .subarray(prompt.tokens.length)
          .forEach((x, t) => expect(x).toBeCloseTo(expected.logprobs_BT[4 * batch.width + t]!, 4))
        // Fresh adapters change nothing, whatever their seed is.
        const { logprobs_BT } = await only(freezeBase().score(batch))
        logprobs_BT.forEach((logprob, i) => expect(logprob).toBeCloseTo(expected.logprobs_BT[i]!, 4))
      },
      {},
      { sequences: 3 },
    )
  })

  it('samples with the weights of the last update, and a reference stays', async () => {
    await withService(async ({ policy, learner, freezeBase }, double) => {
      const before = await only(policy.score(batch))
      const frozen = freezeBase()
      await only(learner.update(accepted(batch, before), ppoClip()))
      const groups = await all(policy.sample(prompts, sampling))
      expect(groups.flatMap(({ completions }) => completions.map(({ version }) => version))).toEqual(
        new Array(16).fill(1),
      )
      const address = double.processed.findLast(({ route }) => route === 'asample')!.body['model_path']
      expect(address).toBe('tinker://model_1/entrain-000001-sampler-1')
      const after = await only(policy.score(batch))
      expect(after.version).toBe(1)
      expect([...after.logprobs_BT]).not.toEqual([...before.logprobs_BT])
      const { logprobs_BT } = await only(frozen.score(batch))
      logprobs_BT.forEach((logprob, i) => expect(logprob).toBeCloseTo(before.logprobs_BT[i]!, 4))
    })
  })

  it.each([true, false])('has the last weights of the sampler removed, if the service can: %s', async (canRemove) => {
    await withService(
      async ({ policy, learner }, double) => {
        for (let i = 0; i < 11; i++)
          await only(learner.update(accepted(batch, await only(policy.score(batch))), ppoClip()))
        expect(policy.version).toBe(11)
        // Those of version 0 stay, because a run may compare with them.
        if (canRemove) await vi.waitFor(() => expect(double.addresses().length).toBe(9), { timeout: PATIENCE })
        else expect(double.addresses().length).toBe(12)
      },
      { canRemove },
    )
  })

  it('has old weights removed with a later version after a removal that failed', async () => {
    const requests = 1 + RETRIES
    let failed = 0
    await withService(
      async ({ policy, learner }, double) => {
        const publish = async () => only(learner.update(accepted(batch, await only(policy.score(batch))), ppoClip()))
        for (let i = 0; i < 9; i++) await publish()
        await vi.waitFor(() => expect(failed).toBe(requests), { timeout: PATIENCE })
        expect(double.addresses().length).toBe(10)
        await publish()
        await vi.waitFor(() => expect(double.addresses().length).toBe(9), { timeout: PATIENCE })
      },
      {
        canRemove: true,
        fault: (route) => {
          if (!route.includes('/checkpoints/') || failed === requests) return undefined
          failed++
          return 'failed'
        },
      },
    )
  })

  it('takes the scores of the policy for the first step, and asks no second time', async () => {
    await withService(async ({ policy, learner }, double) => {
      const scored = accepted(batch, await only(policy.score(batch)))
      const before = double.processed.length
      await only(learner.update(scored, ppoClip()))
      expect(double.processed.slice(before).map(({ route }) => route)).toEqual([
        'forward_backward',
        'optim_step',
        'save_weights_for_sampler',
      ])
    })
  })

  it('scores no weights between the steps of an update', async () => {
    await withService(async ({ policy, learner }, double) => {
      const scored = accepted(batch, await only(policy.score(batch)))
      const before = double.processed.length
      const update = only(learner.update(scored, ppoClip({ minibatches: 3 })))
      const [scores] = [await only(policy.score(batch)), await update]
      expect(scores.version).toBe(1)
      const routes = double.processed.slice(before).map(({ route }) => route)
      expect(routes.lastIndexOf('forward')).toBeGreaterThan(routes.indexOf('save_weights_for_sampler'))
      const again = await only(policy.score(batch))
      expect(again.logprobs_BT).toEqual(scores.logprobs_BT)
    })
  })

  it('refuses settings of which the service returns other log-probs', async () => {
    await withService(async ({ policy }) => {
      for (const other of [{ temperature: 0.7 }, { topK: 5 }, { topP: 0.9 }])
        await expect(all(policy.sample(prompts, { ...sampling, ...other }))).rejects.toMatchObject({
          _tag: 'BadAlgorithm',
        })
      await expect(all(policy.score(batch, 0.7))).rejects.toMatchObject({ _tag: 'BadAlgorithm' })
      const greedy = await all(policy.sample(prompts, { ...sampling, temperature: 0 }))
      expect(
        greedy.every(({ completions }) => completions.every(({ logprobs_T }) => logprobs_T.every((x) => x === 0))),
      ).toBe(true)
    })
  })

  it('refuses a model that the service does not have, and names those that it has', async () => {
    const double = await startDouble({ engine })
    const { open, close } = openOn(double, own)
    await expect(open({ baseModel: 'other' })).rejects.toMatchObject({
      problem: 'unfit',
      message: expect.stringContaining('tiny/model') as string,
    })
    await close()
    await double.close()
  })

  it('downloads the newest adapters, for samplers elsewhere', async () => {
    await withService(
      async ({ policy, learner, readParameters }, double) => {
        await only(learner.update(accepted(batch, await only(policy.score(batch))), ppoClip()))
        const { version, config: network, parameters } = await orThrow(readParameters())
        expect(version).toBe(1)
        expect(network).toEqual({ ...config, lora })
        expect(parameters).toEqual((await double.state()).parameters)
      },
      {},
      { network: config },
    )
  })

  it('says what is missing to download adapters', async () => {
    await withService(async ({ readParameters }) => {
      await expect(orThrow(readParameters())).rejects.toMatchObject({
        message: expect.stringContaining('network') as string,
      })
    })
    await withService(
      async ({ readParameters }) => {
        await expect(orThrow(readParameters())).rejects.toMatchObject({ _tag: 'CheckpointError' })
      },
      {},
      { network: { ...config, width: 8 } },
    )
  })

  it('stops to wait when it is unsubscribed', async () => {
    await withService(async ({ policy }) => {
      const events: unknown[] = []
      const record = (event: unknown) => events.push(event)
      const running = from(policy.sample(prompts, sampling)).subscribe({
        next: record,
        error: record,
        complete: () => record('end'),
      })
      running.unsubscribe()
      await only(policy.score(batch))
      expect(events).toEqual([])
    })
  })

  it('tells whether the service answers, its version, its speed and its waiting prompts', async () => {
    let isDown = false
    await withService(
      async ({ policy, learner, status$ }) => {
        const states: ServerStatus[] = []
        const watching = status$.subscribe((status) => states.push(status))
        expect(states).toEqual([{ isAlive: true, fault: null, version: 0, tokensPerSecond: 0, waiting: 0 }])
        await all(policy.sample(prompts, sampling))
        expect(Math.max(...states.map(({ waiting }) => waiting))).toBe(prompts.prompts.length)
        expect(states.at(-1)).toMatchObject({ isAlive: true, waiting: 0 })
        expect(states.at(-1)!.tokensPerSecond).toBeGreaterThan(0)
        await only(learner.update(accepted(batch, await only(policy.score(batch))), ppoClip()))
        expect(states.at(-1)!.version).toBe(1)
        isDown = true
        await expect(all(policy.sample(prompts, sampling))).rejects.toMatchObject({ _tag: 'ServerError' })
        expect(states.at(-1)).toMatchObject({ isAlive: false, waiting: 0 })
        watching.unsubscribe()
      },
      { fault: () => (isDown ? 'cut' : undefined) },
    )
  })
})
