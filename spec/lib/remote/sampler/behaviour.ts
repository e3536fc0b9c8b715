import * as E from 'fp-ts/lib/Either.js'
import { from, lastValueFrom, type Observable, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { batchOf } from '#lib/batch/batch-of.js'
import { orThrow } from '#lib/or-throw.js'
import type { Sampling } from '#lib/policy/policy.js'
import type { ServerOptions } from '#lib/remote/http/server.js'
import type { ServerError } from '#lib/remote/http/server-error.js'
import type { PublishedWeights, RemotePolicy, ServerStatus } from '#lib/remote/remote-policy.js'
import type { SamplerOptions } from '#lib/remote/sampler/remote-sampler.js'
import type { Batch } from '#lib/rollout/batch.js'
import type { Completion } from '#lib/rollout/completion.js'
import type { Prompt, PromptBatch } from '#lib/rollout/prompt.js'
import type { RolloutGroup } from '#lib/rollout/rollout-group.js'
import type { Tokenizer } from '#lib/tokenizer/tokenizer.js'
import type { DoubleServer, Received } from '../doubles/double-server.js'
import { type Fault, faults, faultyProxies } from '../doubles/faulty-proxy.js'
import { nextLogprobs, samplingLogprobs, sequenceLogprobs, VOCABULARY } from '../doubles/tiny-model.js'

/** Tokens are digits, and 0 ends a completion. */
export const digits: Tokenizer = {
  vocabulary: VOCABULARY,
  ends: [0],
  encode: (text) => Array.from(text, Number),
  decode: (tokens) =>
    Array.from(tokens)
      .filter((token) => token !== 0)
      .join(''),
}

const sampling: Sampling = { group: 3, temperature: 1, topK: 0, topP: 1, maxTokens: 6, seed: 11 }

const promptOf = (text: string): Prompt => ({ id: `p${text}`, text, tokens: digits.encode(text), reference: '' })

const promptsOf = (texts: readonly string[], step = 0): PromptBatch => ({ step, prompts: texts.map(promptOf) })

/** Twelve prompts. */
const manyPrompts = (step = 0) =>
  promptsOf(
    Array.from({ length: 12 }, (_, i) => `${(i % 7) + 1}${(i >> 1) + 1}`),
    step,
  )

const observe = (policy: RemotePolicy, batch: PromptBatch, how: Sampling = sampling): Observable<RolloutGroup> =>
  from(policy.sample(batch, how))

export const groupsOf = (policy: RemotePolicy, batch: PromptBatch, how?: Sampling): Promise<RolloutGroup[]> =>
  lastValueFrom(observe(policy, batch, how).pipe(toArray()))

/** Retries almost without waits. */
const hurried = { firstWait: 0.001, longestWait: 1, retries: 40 }

/** Double of a server that keeps adapters. */
type Double = DoubleServer & { readonly adapters: Map<string, string> }

/** Facts about one kind of server. */
export interface SamplerCase<D extends Double> {
  readonly open: () => Promise<D>
  readonly connect: (options: ServerOptions & SamplerOptions) => Promise<RemotePolicy>
  /** Tokens of the prompt and seeds of a request for completions of several tokens; null for other requests. */
  readonly sampleIn: (
    request: Received,
  ) => { readonly prompt: readonly number[]; readonly seeds: readonly number[]; readonly weights: unknown } | null
  /** Path of the route that loads adapters, and of the one that unloads them. */
  readonly routes: { readonly load: string; readonly unload: string; readonly sample: string }
}

const adaptersOf = (version: number, folder = `/runs/v${version}`): PublishedWeights => ({
  version,
  name: `entrain-r-00000${version}`,
  kind: 'adapters',
  folder,
})

/** Checks the log-probs of completions against the model. */
export const expectLogprobs = (
  { prompt, completions }: RolloutGroup,
  weights: string,
  how: Sampling & { readonly nucleus: 'kept' | 'all' },
  untruncated: 'equal' | 'absent' | 'present',
): void =>
  completions.forEach(({ tokens, logprobs_T, untruncatedLogprobs_T }) => {
    const at = (values: (raw_V: readonly number[]) => readonly number[]) =>
      Array.from(tokens, (token, t) => values(nextLogprobs([...prompt.tokens, ...tokens.slice(0, t)], weights))[token]!)
    const whole = { temperature: how.temperature, topK: 0, topP: 1, nucleus: 'all' } as const
    expectClose(
      logprobs_T,
      at((raw_V) => samplingLogprobs(raw_V, how)),
    )
    if (untruncated !== 'present') expect(untruncatedLogprobs_T).toBeUndefined()
    else
      expectClose(
        untruncatedLogprobs_T!,
        at((raw_V) => samplingLogprobs(raw_V, whole)),
      )
  })

const expectClose = (found: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(found.length).toBe(expected.length)
  for (let i = 0; i < found.length; i++) expect(found[i]).toBeCloseTo(expected[i]!, 5)
}

/** Batch of all completions of groups. */
export const scoringBatch = (groups: readonly RolloutGroup[]): Batch =>
  batchOf(
    groups.map((group) => ({
      ...group,
      rewards_G: group.completions.map(() => E.right({ value: 1, correct: true })),
      advantages_G: group.completions.map(() => 1),
    })),
  )

/** Registers the tests that every policy on a server passes. */
export const behavesAsSampler = <D extends Double>(kind: SamplerCase<D>): void => {
  const connected = async (options: Partial<ServerOptions & SamplerOptions> = {}) => {
    const double = await kind.open()
    const policy = await kind.connect({ url: double.url, tokenizer: digits, retry: hurried, ...options })
    return { double, policy }
  }
  const samples = ({ received }: DoubleServer) => received.flatMap((request) => kind.sampleIn(request) ?? [])
  const isFor = (text: string) => (request: Received) => kind.sampleIn(request)?.prompt.join('') === text

  describe('sample', () => {
    it('returns groups with tokens, log-probs, text, finish and version', async () => {
      const { policy } = await connected({ version: 4 })
      const groups = await groupsOf(policy, { ...manyPrompts(3), offset: 5 })
      expect(groups.map(({ index }) => index).sort((a, b) => a - b)).toEqual(manyPrompts().prompts.map((_, i) => i + 5))
      for (const group of groups) {
        expect(group).toMatchObject({ step: 3, groups: 12 })
        expect(group.prompt).toEqual(manyPrompts().prompts[group.index - 5])
        expect(group.completions).toHaveLength(3)
        expectLogprobs(group, 'base', { ...sampling, nucleus: 'kept' }, 'equal')
        for (const { tokens, text, finish, version } of group.completions) {
          expect(version).toBe(4)
          expect(finish).toBe(tokens.at(-1) === 0 ? 'stop' : 'length')
          expect(tokens.slice(0, -1)).not.toContain(0)
          expect(text).toBe(digits.decode(tokens))
        }
      }
      const finishes = groups.flatMap(({ completions }) => completions.map(({ finish }) => finish))
      expect(new Set(finishes)).toEqual(new Set(['stop', 'length']))
    })

    it('emits each group when it is finished', async () => {
      const { double, policy } = await connected()
      const release = double.hold(isFor('12'))
      const groups: string[] = []
      await new Promise<void>((resolve, reject) => {
        observe(policy, promptsOf(['12', '34'])).subscribe({
          next: ({ prompt }) => {
            groups.push(prompt.text)
            if (prompt.text === '34') release()
          },
          error: reject,
          complete: resolve,
        })
      })
      expect(groups).toEqual(['34', '12'])
    })

    it('draws by seed, step, prompt and sample: nothing repeats, and everything can be repeated', async () => {
      const { double, policy } = await connected()
      const same = { step: 0, prompts: Array.from({ length: 6 }, () => promptOf('31')) }
      const texts = async (batch: PromptBatch, how = sampling) =>
        (await groupsOf(policy, batch, how))
          .sort((a, b) => a.index - b.index)
          .map(({ completions }) => completions.map(({ text }) => text).join(' '))
      const first = await texts(same)
      expect(await texts(same)).toEqual(first)
      expect(new Set(first).size).toBeGreaterThan(3)
      expect(await texts({ ...same, step: 1 })).not.toEqual(first)
      expect(await texts(same, { ...sampling, seed: 12 })).not.toEqual(first)
      expect(await texts({ ...same, offset: 6 })).not.toEqual(first)
      const seeds = samples(double).flatMap((each) => each.seeds)
      // Five calls with 6 prompts of 3 samples; two of the calls are the same.
      expect(seeds).toHaveLength(90)
      expect(new Set(seeds).size).toBe(72)
      expect(seeds.every(Number.isSafeInteger)).toBe(true)
    })

    it('closes the connections when it is unsubscribed', async () => {
      const { double, policy } = await connected()
      double.hold((request) => kind.sampleIn(request) !== null)
      const before = samples(double).length
      const subscription = observe(policy, promptsOf(['12', '34'])).subscribe()
      const requests = kind.routes.sample === '/generate' ? 6 : 2
      await expect.poll(() => samples(double).length - before).toBe(requests)
      subscription.unsubscribe()
      await expect.poll(double.cancelled).toBe(requests)
    })

    it('limits the number of prompts that the server works on', async () => {
      const { double, policy } = await connected({ prompts: 2 })
      const texts = () => [...new Set(samples(double).map(({ prompt }) => prompt.join('')))]
      const statuses: ServerStatus[] = []
      const watching = policy.status$.subscribe((status) => statuses.push(status))
      const releases = [isFor('12'), isFor('34')].map(double.hold)
      const groups = groupsOf(policy, promptsOf(['12', '34', '56']))
      await expect.poll(() => texts().length).toBe(2)
      expect(statuses.at(-1)!.waiting).toBe(3)
      // A third request would arrive before the answer to this one.
      await orThrow(policy.logprobs([1, 2]))
      expect(texts()).toEqual(['12', '34'])
      for (const release of releases) release()
      expect(await groups).toHaveLength(3)
      expect(statuses.at(-1)!.waiting).toBe(0)
      watching.unsubscribe()
    })

    it('refuses impossible settings and empty prompts before anything is sent', async () => {
      const { double, policy } = await connected()
      const before = double.received.length
      await expect(groupsOf(policy, manyPrompts(), { ...sampling, topP: 0 })).rejects.toThrow('sampling.topP')
      await expect(groupsOf(policy, promptsOf(['']))).rejects.toThrow('expected at least 1')
      expect(double.received.length).toBe(before)
    })
  })

  describe('publish', () => {
    it('makes later requests use the weights, and unloads older ones when no request uses them', async () => {
      const { double, policy } = await connected()
      await orThrow(policy.publish(adaptersOf(1)))
      expect(policy.version).toBe(1)
      expect([...double.adapters]).toEqual([['entrain-r-000001', '/runs/v1']])
      const release = double.hold(isFor('12'))
      const early = groupsOf(policy, promptsOf(['12']))
      await expect.poll(() => samples(double).some(({ prompt }) => prompt.join('') === '12')).toBe(true)
      await orThrow(policy.publish(adaptersOf(2)))
      const [late] = await groupsOf(policy, promptsOf(['34']))
      expectLogprobs(late!, 'entrain-r-000002', { ...sampling, nucleus: 'kept' }, 'equal')
      expect(late!.completions.map(({ version }) => version)).toEqual([2, 2, 2])
      expect([...double.adapters.keys()]).toEqual(['entrain-r-000001', 'entrain-r-000002'])
      release()
      const [group] = await early
      expectLogprobs(group!, 'entrain-r-000001', { ...sampling, nucleus: 'kept' }, 'equal')
      expect(group!.completions.map(({ version }) => version)).toEqual([1, 1, 1])
      await expect.poll(() => [...double.adapters.keys()]).toEqual(['entrain-r-000002'])
    })

    it('may be repeated, because its answer may be lost', async () => {
      const { double, policy } = await connected()
      await orThrow(policy.publish(adaptersOf(1)))
      await orThrow(policy.publish(adaptersOf(1)))
      expect([...double.adapters.keys()]).toEqual(['entrain-r-000001'])
      await expect(orThrow(policy.publish(adaptersOf(1, '/runs/other')))).rejects.toThrow('the status 400')
    })

    it('leaves the weights as they are when the server does not load the new ones', async () => {
      const { double, policy } = await connected()
      await orThrow(policy.publish(adaptersOf(1)))
      await expect(orThrow(policy.publish(adaptersOf(2, '/missing')))).rejects.toThrow(
        /the status 40[04] with .*(missing|refused)/,
      )
      expect(policy.version).toBe(1)
      await groupsOf(policy, promptsOf(['12']))
      expect(samples(double).at(-1)!.weights).toBe('entrain-r-000001')
    })

    it('names folders as the machine of the server sees them', async () => {
      const { double, policy } = await connected({ folders: { '/data': '/mnt/shared/', '/data/runs/old': '/old' } })
      await orThrow(policy.publish(adaptersOf(1, '/data/runs/a/v1')))
      expect(double.adapters.get('entrain-r-000001')).toBe('/mnt/shared/runs/a/v1')
      await orThrow(policy.publish(adaptersOf(2, '/data/runs/old/v2')))
      expect(double.adapters.get('entrain-r-000002')).toBe('/old/v2')
      await expect(orThrow(policy.publish(adaptersOf(3, '/database/v3')))).rejects.toThrow(
        'found weights in /database/v3, expected a folder that the server can read: one below /data or /data/runs/old',
      )
    })

    it('loads adapters again that the server lost at a restart', async () => {
      const { double, policy } = await connected()
      await orThrow(policy.publish(adaptersOf(1)))
      double.adapters.clear()
      const groups = await groupsOf(policy, manyPrompts())
      expect(groups).toHaveLength(12)
      for (const group of groups) expectLogprobs(group, 'entrain-r-000001', { ...sampling, nucleus: 'kept' }, 'equal')
      expect([...double.adapters.keys()]).toEqual(['entrain-r-000001'])
    })
  })

  describe('log-probs of given tokens', () => {
    it('are those of the newest weights', async () => {
      const { policy } = await connected()
      const tokens = [3, 1, 4, 1, 5, 2, 6]
      expectClose(await orThrow(policy.logprobs(tokens)), sequenceLogprobs(tokens, 'base'))
      await orThrow(policy.publish(adaptersOf(1)))
      expectClose(await orThrow(policy.logprobs(tokens)), sequenceLogprobs(tokens, 'entrain-r-000001'))
    })

    it('score a batch by its sampled tokens', async () => {
      const { policy } = await connected({ version: 7 })
      expect(policy.scoreMethod).toBe('sampled')
      const groups = await groupsOf(policy, manyPrompts())
      const batch = scoringBatch(groups)
      const scores = await lastValueFrom(from(policy.score(batch)))
      expect(scores).toMatchObject({ version: 7, method: 'sampled' })
      batch.responses.forEach(({ completion }, b) => {
        const row = b * batch.width
        expectClose(scores.logprobs_BT.slice(row, row + completion.tokens.length), completion.logprobs_T)
      })
      await expect(lastValueFrom(from(policy.score(batch, 0.5)))).rejects.toThrow('the score temperature 0.5')
    })

    it('score a batch exactly when all tokens are among the most probable ones', async () => {
      const { policy } = await connected({ scores: { topK: VOCABULARY } })
      expect(policy.scoreMethod).toBe('top-k')
      const batch = scoringBatch(await groupsOf(policy, promptsOf(['12', '34'])))
      const scores = await lastValueFrom(from(policy.score(batch)))
      batch.responses.forEach(({ prompt, completion }, b) => {
        const entropies = Array.from(completion.tokens, (_, t) =>
          nextLogprobs([...prompt.tokens, ...completion.tokens.slice(0, t)], 'base').reduce(
            (sum, logprob) => sum - Math.exp(logprob) * logprob,
            0,
          ),
        )
        expectClose(scores.entropy_BT.slice(b * batch.width, b * batch.width + completion.tokens.length), entropies)
      })
    })
  })

  describe('status', () => {
    const statusProxy = faultyProxies()
    it('tells whether the server answers, the version, the speed and the prompts', async () => {
      const { double, policy } = await connected({ clock: () => 1, retry: { retries: 0 } })
      const statuses: ServerStatus[] = []
      const watching = policy.status$.subscribe((status) => statuses.push(status))
      expect(statuses).toEqual([{ isAlive: true, fault: null, version: 0, tokensPerSecond: 0, waiting: 0 }])
      const groups = await groupsOf(policy, promptsOf(['12', '34']))
      const tokens = groups.flatMap(({ completions }) => completions).reduce((sum, each) => sum + each.tokens.length, 0)
      expect(statuses.at(-1)).toEqual({
        isAlive: true,
        fault: null,
        version: 0,
        tokensPerSecond: tokens / 10,
        waiting: 0,
      })
      await orThrow(policy.publish(adaptersOf(1)))
      expect(statuses.at(-1)!.version).toBe(1)
      await expect.poll(() => double.received.some(({ path }) => path === '/health')).toBe(true)
      await policy.close()
      watching.unsubscribe()
    })

    it('says that a server is not alive when it does not answer, and that it is when it does', async () => {
      const double = await kind.open()
      let isUp = true
      const proxy = await statusProxy(double.url, () => (isUp ? null : 'cut-before'))
      const policy = await kind.connect({
        ...{ url: proxy.url, tokenizer: digits, retry: { retries: 0 } },
        ...{ breaker: { failures: 1000 }, statusInterval: 0.01 },
      })
      let isAlive: boolean | null = null
      const watching = policy.status$.subscribe((status) => (isAlive = status.isAlive))
      await expect.poll(() => isAlive).toBe(true)
      isUp = false
      await expect.poll(() => isAlive).toBe(false)
      isUp = true
      await expect.poll(() => isAlive).toBe(true)
      watching.unsubscribe()
    })
  })

  describe('faults', () => {
    const proxyTo = faultyProxies()

    /** The requests at the start sample one token, and have to succeed. */
    const isSampling = (body: string) => body.includes(`${sampling.maxTokens},"temperature"`)
    const through = async (faultOf: (number: number, body: string) => Fault | null, retries = 40) => {
      const double = await kind.open()
      const proxy = await proxyTo(double.url, (number, body, path) =>
        path === kind.routes.sample && isSampling(body) ? faultOf(number, body) : null,
      )
      const policy = await kind.connect({
        ...{ url: proxy.url, tokenizer: digits },
        ...{ retry: { ...hurried, retries, budget: 100_000 }, breaker: { failures: 1000 } },
      })
      return { double, policy, proxy }
    }

    const outcome = async (policy: RemotePolicy, batch: PromptBatch) => {
      const groups: RolloutGroup[] = []
      let failed: readonly string[] = []
      await new Promise<void>((resolve) => {
        observe(policy, batch).subscribe({
          next: (group) => groups.push(group),
          error: (error: unknown) => {
            failed = (error as ServerError).prompts
            resolve()
          },
          complete: resolve,
        })
      })
      return { groups, failed }
    }

    it('let a short request try the server, because completions are answered late', async () => {
      const { url } = await kind.open()
      const paths: string[] = []
      const proxy = await proxyTo(url, (_, body, path) => {
        paths.push(path)
        return path === kind.routes.sample && isSampling(body) ? '500' : null
      })
      const policy = await kind.connect({
        ...{ url: proxy.url, tokenizer: digits },
        ...{ retry: { retries: 2, firstWait: 0.001 }, breaker: { failures: 1, suspension: 0 } },
      })
      paths.length = 0
      const groups = groupsOf(policy, promptsOf(['12']), { ...sampling, group: 1 })
      await expect(groups).rejects.toMatchObject({ problem: 'failed' })
      const { sample } = kind.routes
      expect(paths.slice(0, 5)).toEqual([sample, '/health', sample, '/health', sample])
    })

    it.each(faults)('%s on two of three requests loses no prompt and repeats none', async (fault) => {
      const { policy } = await through((number) => (number % 3 === 0 ? null : fault))
      const { groups, failed } = await outcome(policy, manyPrompts())
      expect(failed).toEqual([])
      expect(groups.map(({ index }) => index).sort((a, b) => a - b)).toEqual(manyPrompts().prompts.map((_, i) => i))
    })

    it('in any order give the completions that are given without faults', async () => {
      const calm = await through(() => null)
      const storm = await through((number) => (number % 4 === 0 ? null : faults[(number * 7) % faults.length]!))
      const texts = ({ groups }: { readonly groups: readonly RolloutGroup[] }) =>
        new Map(groups.map(({ index, completions }) => [index, completions.map(({ text }: Completion) => text)]))
      expect(texts(await outcome(storm.policy, manyPrompts()))).toEqual(
        texts(await outcome(calm.policy, manyPrompts())),
      )
    })

    it.each(faults.filter((fault) => !['delay', 'duplicate', 'reorder'].includes(fault)))(
      '%s on every request for some prompts: prompts = groups + failures',
      async (fault) => {
        const isCursed = (body: string) => /\[(3|5),/.test(body)
        const { policy } = await through((_, body) => (isCursed(body) ? fault : null), 2)
        const batch = manyPrompts()
        const { groups, failed } = await outcome(policy, batch)
        const finished = groups.map(({ prompt }) => prompt.id)
        expect(failed.length).toBeGreaterThan(0)
        expect([...failed].sort()).toEqual(
          batch.prompts
            .filter(({ tokens }) => tokens[0] === 3 || tokens[0] === 5)
            .map(({ id }) => id)
            .sort(),
        )
        expect([...finished, ...failed].sort()).toEqual(batch.prompts.map(({ id }) => id).sort())
      },
    )
  })
}
