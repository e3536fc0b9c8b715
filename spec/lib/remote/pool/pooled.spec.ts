import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { filter, firstValueFrom, from, lastValueFrom, map, NEVER, of, tap, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { orThrow } from '#lib/or-throw.js'
import { uniform } from '#lib/random/uniform.js'
import { openAiPolicy } from '#lib/remote/openai/openai-policy.js'
import type { ServerError } from '#lib/remote/http/server-error.js'
import { laterPolicy } from '#lib/remote/pool/later-policy.js'
import { type PooledPolicy, pooled } from '#lib/remote/pool/pooled.js'
import type { RemotePolicy } from '#lib/remote/remote-policy.js'
import type { Prompt } from '#lib/rollout/prompt.js'
import type { RolloutGroup } from '#lib/rollout/rollout-group.js'
import { type Fault, faults, faultyProxies } from '../doubles/faulty-proxy.js'
import { sequenceLogprobs } from '../doubles/tiny-model.js'
import { vllmDoubles } from '../doubles/vllm.js'
import { digits } from '../sampler/behaviour.js'
import { serverError, weightsOf } from './doubles.js'

const openDouble = vllmDoubles()
const proxyTo = faultyProxies()

const sampling = { group: 3, temperature: 1, topK: 0, topP: 1, maxTokens: 4, seed: 11 }
const prompts = Array.from({ length: 60 }, (_, i): Prompt => ({
  id: `p${i}`,
  text: '',
  tokens: [1 + (i % 7), 1 + ((i * 3) % 7)],
  reference: '',
}))

/** Waits are short, so that the spec does not wait for seconds. */
const waits = { firstWait: 0.01, longestWait: 0.05 }
const breaker = { suspension: 0.05 }

const policyAt = (url: string): Promise<RemotePolicy> =>
  orThrow(
    openAiPolicy({
      url,
      tokenizer: digits,
      retry: { retries: 1, patience: 0, firstWait: 0 },
      breaker,
      statusInterval: 0.05,
    }),
  )

/** Groups in the order of their prompts, without the number of the server. */
const sampledBy = async (policy: Pick<RemotePolicy, 'sample'>, onGroup: () => void = () => undefined) => {
  const groups$ = from(policy.sample({ step: 4, prompts }, sampling)).pipe(tap(onGroup), toArray())
  const groups: readonly RolloutGroup[] = await lastValueFrom(groups$)
  return groups.toSorted((a, b) => a.index - b.index)
}

/** Groups of one server without faults. */
const undisturbed = async () => {
  const policy = await policyAt((await openDouble()).url)
  return sampledBy(policy).finally(() => policy.close())
}

const withPool = async <A>(policies: readonly RemotePolicy[], body: (pool: PooledPolicy) => Promise<A>) => {
  const pool = pooled(policies, { promptsPerServer: 4, attempts: 100, ...waits })
  return body(pool).finally(() => pool.close())
}

const createGate = () => {
  let open: () => void = () => undefined
  const isOpen = new Promise<void>((resolve) => {
    open = resolve
  })
  return { isOpen, open: () => open() }
}

const isSampling = (body: string): boolean => body.includes('"max_tokens":4')

describe('a pool of servers over a network', () => {
  it('draws the completions of one server, whichever server gets a prompt and whatever the network does', async () => {
    const met = new Set<Fault>()
    const policies = await Promise.all(
      [0, 1, 2].map(async (server) => {
        const { url } = await openDouble({ scoresBeside: true })
        const proxy = await proxyTo(url, (number, body) => {
          if (!isSampling(body) || uniform(5, server, number) > 0.4) return null
          const fault = faults[Math.floor(faults.length * uniform(6, server, number))]!
          met.add(fault)
          return fault
        })
        return policyAt(proxy.url)
      }),
    )
    await withPool(policies, async (pool) => {
      expect(await sampledBy(pool)).toEqual(await undisturbed())
      expect(met.size).toBeGreaterThan(5)
    })
  })

  it('gives the prompts of a dead server to the others, and takes it back when it answers again', async () => {
    let isDead = false
    const lost = await openDouble({ scoresBeside: true })
    const proxy = await proxyTo(lost.url, () => (isDead ? 'cut-before' : null))
    const held = await openDouble({ scoresBeside: true })
    await withPool([await policyAt(proxy.url), await policyAt(held.url)], async (pool) => {
      const stateOf = (wanted: string) =>
        firstValueFrom(
          pool.servers$.pipe(
            map(([first]) => first!.state),
            filter((state) => state === wanted),
          ),
        )
      let groups = 0
      const sampled = await sampledBy(pool, () => {
        if (++groups === 10) isDead = true
      })
      expect(sampled).toEqual(await undisturbed())
      await stateOf('away')
      expect(await firstValueFrom(pool.status$)).toMatchObject({ isAlive: true })
      isDead = false
      await stateOf('ready')
      const before = lost.received.length
      await sampledBy(pool)
      expect(lost.received.slice(before).some(({ body }) => body['max_tokens'] === 4)).toBe(true)
    })
  })

  it('brings newer weights to a server that is slow after those that it loads, and leaves out those between', async () => {
    const published: number[] = []
    const loaded = createGate()
    const policyWith = (name: string, load: (version: number) => Promise<void>): RemotePolicy => ({
      ...{ name, version: 0, sample: () => NEVER, score: () => NEVER, close: () => Promise.resolve() },
      logprobs: (tokens) => TE.right(new Float32Array(tokens.length)),
      publish: ({ version }) => TE.fromTask(() => load(version)),
      status$: of({ isAlive: true, fault: null, version: 0, tokensPerSecond: 0, waiting: 0 }),
    })
    const slow = policyWith('slow', (version) => {
      published.push(version)
      return version === 2 ? loaded.isOpen : Promise.resolve()
    })
    await withPool([policyWith('fast', () => Promise.resolve()), slow], async (pool) => {
      for (const version of [1, 2, 3, 4]) expect(await pool.publish(weightsOf(version))()).toEqual(E.right(undefined))
      expect(published).toEqual([1, 2])
      loaded.open()
      await firstValueFrom(pool.servers$.pipe(filter(([, second]) => second!.state === 'ready')))
      expect(published).toEqual([1, 2, 4])
    })
  })

  it('takes a server in that could not be opened, when it answers', async () => {
    const [lost, held] = [await openDouble({ scoresBeside: true }), await openDouble({ scoresBeside: true })]
    const silence = serverError('unreachable')
    let isDead = true
    const later = laterPolicy(
      lost.url,
      TE.tryCatch(
        () => (isDead ? Promise.reject(silence) : policyAt(lost.url)),
        (error) => error as ServerError,
      ),
      silence,
    )
    await withPool([later, await policyAt(held.url)], async (pool) => {
      expect(await firstValueFrom(pool.servers$)).toMatchObject([
        { name: lost.url, state: 'away', fault: silence },
        { state: 'ready' },
      ])
      expect(await pool.publish(weightsOf(1))()).toEqual(E.right(undefined))
      expect(await sampledBy(pool)).toHaveLength(prompts.length)
      isDead = false
      await firstValueFrom(pool.servers$.pipe(filter(([first]) => first!.state === 'ready')))
      expect([...lost.adapters.keys()]).toEqual([weightsOf(1).name])
      await sampledBy(pool)
      expect(lost.received.some(({ body }) => body['max_tokens'] === 4)).toBe(true)
    })
  })

  it('checks by a known sequence that every server has published weights', async () => {
    const tokens = [1, 2, 3, 4]
    const known = (weights: string) => ({
      tokens,
      logprobs_T: Float32Array.from(sequenceLogprobs(tokens, weights)),
      tolerance: 0.05,
    })
    const doubles = [await openDouble({ scoresBeside: true }), await openDouble({ scoresBeside: true })]
    await withPool(await Promise.all(doubles.map(({ url }) => policyAt(url))), async (pool) => {
      const weights = weightsOf(3)
      expect(await pool.publish({ ...weights, known: known(weights.name) })()).toEqual(E.right(undefined))
      expect(pool.version).toBe(3)
      for (const { adapters } of doubles) expect([...adapters.keys()]).toEqual([weights.name])
      for (const { completions } of await sampledBy(pool))
        for (const { version } of completions) expect(version).toBe(3)
      const other = weightsOf(4)
      const refused = await pool.publish({ ...other, known: known('base') })()
      expect(E.isLeft(refused) && refused.left.problem).toBe('unfit')
      expect(E.isLeft(refused) && refused.left.message).toMatch(
        /^http:\/\/127.*, version 4 \(entrain-run-4\): found a mean log-prob of .* nats for the known sequence/,
      )
    })
  })
})
