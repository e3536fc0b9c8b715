import { lastValueFrom, map, NEVER, of, tap, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Verifier } from '#lib/reward/verifier.js'
import type { Band } from '#lib/rollout/band.js'
import { entropyControl } from '#lib/control/entropy-control.js'
import { type AlgorithmName, algorithms } from '#pipelines/algorithms/index.js'
import type { BandSource, TrainingOptions, TrainingPorts } from '#pipelines/training-options.js'
import { anUpdate, aPrompt, fakeLearner, fixedVerifier, marblePolicy, someScores, virtually } from '#testing.js'

const sampling = { group: 2, maxTokens: 8, seed: 7 }
const band = { low: 0.4, high: 0.6 }
const options = { band: () => band, sampling, demand: { prompts: 2 } }
/** Verifier that accepts completions of two tokens: one of the two completions of each prompt. */
const verifier = fixedVerifier(({ tokens }) => (tokens.length === 2 ? 1 : -1))
const endless = {
  *[Symbol.iterator]() {
    for (let n = 0; ; n++) yield aPrompt(`${n}`)
  },
}
const portsOf = () => ({
  policy: marblePolicy(),
  learner: fakeLearner(),
  verifier,
  rewardScale: 'signed' as const,
  prompts: endless,
})

/** Accepted responses by the sign of their advantage, for algorithms that do not accept 2 positive and 2 negative ones. */
const acceptedBySign: Partial<Record<AlgorithmName, object>> = {
  raft: { positive: 2, zero: 0, negative: 0 },
  'raft++': { positive: 2, zero: 2, negative: 0 },
  psr: { positive: 2, zero: 2, negative: 0 },
  nsr: { positive: 0, zero: 2, negative: 2 },
}

describe.each(Object.entries(algorithms))('%s', (name, { create, defaults }) => {
  const all = (ports: TrainingPorts, but: Partial<Omit<TrainingOptions, keyof BandSource>> = {}) =>
    lastValueFrom(create(ports, { ...options, ...but }).pipe(toArray()))

  it('emits one report per step, in order', async () => {
    const ports = portsOf()
    const reports = await all(ports, { steps: 3 })
    expect(reports).toMatchObject(
      [0, 1, 2].map((step) => ({
        step,
        outcome: anUpdate(step + 1),
        entropy: { step, entropy: 0.5, band, drift: 0 },
        reward: { mean: 0, correct: 0.5 },
        accepted: acceptedBySign[name as AlgorithmName] ?? { positive: 2, zero: 0, negative: 2 },
        rejected: { positive: 0, zero: 0, negative: 0 },
        excluded: name === 'raft' ? 2 : 0,
        tokens: { sampled: 6, trained: name === 'raft' ? 4 : 6 },
        failures: 0,
        zeroVarianceGroups: 0,
      })),
    )
    expect(ports.policy.sampled.map(({ prompts }) => prompts.map(({ id }) => id))).toEqual([
      ['0', '1'],
      ['2', '3'],
      ['4', '5'],
    ])
    expect(ports.learner.updates).toHaveLength(3)
  })

  it('trains until the prompts end, the last batch included', async () => {
    const reports = await all({ ...portsOf(), prompts: ['a', 'b', 'c'].map((id) => aPrompt(id)) })
    expect(reports.map(({ tokens }) => tokens.sampled)).toEqual([6, 3])
  })

  it('is cold, and starts afresh at every subscription', async () => {
    const ports = portsOf()
    const run$ = create(ports, { ...options, steps: 1 })
    expect(ports.policy.sampled).toEqual([])
    const [first, second] = [await lastValueFrom(run$), await lastValueFrom(run$)]
    // The double samples with its first version at all times, so that the second run trains on completions of an older one.
    expect({ ...second, outcome: first.outcome, staleness: first.staleness }).toEqual(first)
    const both: number[] = []
    run$.subscribe(({ step }) => both.push(step))
    run$.subscribe(({ step }) => both.push(step))
    expect(both).toEqual([0, 0])
  })

  it('resumes at a later step', async () => {
    const reports = await all(portsOf(), { steps: 2, demand: { prompts: 1, firstStep: 40 } })
    expect(reports.map(({ step, entropy }) => [step, entropy.step])).toEqual([
      [40, 40],
      [41, 41],
    ])
  })

  // Dynamic sampling replaces a group without verdicts.
  it.skipIf(defaults.samplingRounds > 1)('continues after a step in which every verdict failed', async () => {
    const { policy, learner, ...ports } = portsOf()
    let checks = 0
    const failing: Verifier = (...check) => (checks++ < 4 ? of({ value: NaN, correct: false }) : verifier(...check))
    const reports = await all({ ...ports, policy, learner, verifier: failing }, { steps: 2 })
    const message = 'found reward NaN, expected a finite number'
    expect(reports).toMatchObject([
      {
        outcome: { status: 'skipped', version: 0, reason: 'nothing-accepted' },
        entropy: { entropy: NaN, drift: 0 },
        failures: 4,
        failureKinds: [{ tag: 'NonFiniteReward', count: 4, message }],
      },
      { outcome: { status: 'updated' }, failures: 0, failureKinds: [] },
    ])
    expect(policy.scored.map(({ step }) => step)).toEqual([1])
    expect(learner.updates.map(({ step }) => step)).toEqual([1])
  })

  it('ends with an error after its last step when every verdict of the run failed', async () => {
    const steps: number[] = []
    const run$ = create({ ...portsOf(), verifier: () => of({ value: NaN, correct: false }) }, { ...options, steps: 2 })
    await expect(lastValueFrom(run$.pipe(tap(({ step }) => steps.push(step))))).rejects.toMatchObject({
      _tag: 'NoVerdict',
      message: expect.stringMatching(
        /^found no verdict in the whole run, expected at least one; .*: NonFiniteReward \d+ \(found reward NaN, expected a finite number\)$/,
      ) as string,
    })
    expect(steps).toEqual([0, 1])
  })

  it('is steered by a control that the caller keeps', () => {
    const control = entropyControl(() => band)
    const override = { low: 0.1, high: 0.2 }
    const bands: Band[] = []
    control.state$.subscribe((state) => {
      bands.push(state.band)
      if (state.step === 0) control.steer(override)
    })
    virtually(({ cold, flush }) => {
      const policy = marblePolicy({ score: (scores) => cold('-(s|)', { s: scores }) })
      create({ ...portsOf(), policy }, { control, sampling, steps: 3 }).subscribe()
      flush()
    })
    expect(bands).toEqual([band, override, override])
  })

  it('refuses a second run on the same control while the first runs', async () => {
    const control = entropyControl(() => band)
    const run$ = create({ ...portsOf(), learner: fakeLearner({ update: () => NEVER }) }, { control, sampling })
    const first = run$.subscribe()
    await expect(lastValueFrom(run$)).rejects.toMatchObject({ _tag: 'AlreadyRunning' })
    first.unsubscribe()
    const again = run$.subscribe({ error: (error: unknown) => expect.unreachable(String(error)) })
    expect(again.closed).toBe(false)
    again.unsubscribe()
  })

  it.each([1, 2])('has %i batches in flight', (inFlight) => {
    virtually(({ cold, expectObservable }) => {
      // Sampling takes 2, scoring 1 and updating 4: with two in flight a step takes 4, else 7.
      const policy = marblePolicy({
        sample: (groups) => cold('--(0|)', groups),
        score: (scores) => cold('-(s|)', { s: scores }),
      })
      const learner = fakeLearner({ update: (report) => cold('----(u|)', { u: report }) })
      const demand = { prompts: 1, inFlight }
      const run$ = create({ ...portsOf(), policy, learner }, { ...options, demand, steps: 3 })
      const steps = inFlight === 1 ? '-------a------b------(c|)' : '-------a---b---(c|)'
      expectObservable(run$.pipe(map(({ step }) => 'abc'[step]))).toBe(steps)
    })
  })

  it.each(['sample', 'score', 'update'] as const)('unsubscribing reaches %s at once, and closes the source', (port) => {
    virtually(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const silent$ = cold<never>('-')
      const silence = { [port]: () => silent$ }
      let closed = 0
      const source = function* () {
        try {
          for (;;) yield aPrompt()
        } finally {
          closed++
        }
      }
      const ports = {
        policy: { ...marblePolicy(), ...silence },
        learner: { ...fakeLearner(), ...silence },
        verifier,
        rewardScale: 'signed' as const,
        prompts: source(),
      }
      expectObservable(create(ports, options), '^---!').toBe('')
      expectSubscriptions(silent$.subscriptions).toBe('^---!')
      flush()
      expect(closed).toBe(1)
    })
  })

  it.each(['sample', 'score', 'update'] as const)('an error of %s ends the run', async (port) => {
    const lost = new Error('engine lost')
    const failing = () => {
      throw lost
    }
    const ports = {
      ...portsOf(),
      policy: { ...marblePolicy(), [port]: failing },
      learner: { ...fakeLearner(), [port]: failing },
    }
    await expect(lastValueFrom(create(ports, options))).rejects.toBe(lost)
  })
})

/** Drift of each step, and the accepted responses of either sign; entropy is 0.3, 0.5 and 0.7. */
const acceptedByDrift = async (name: AlgorithmName, sOfSampled: number) => {
  const entropies = [0.3, 0.5, 0.7]
  const policy = marblePolicy({
    score: (_, batch) => {
      const scores = someScores(batch, entropies[batch.step])
      const { s_BT, ...others } = scores.distribution
      return of({ ...scores, distribution: { ...others, s_BT: s_BT.map((s) => (s === 0 ? 0 : sOfSampled)) } })
    },
  })
  const run$ = algorithms[name].create({ ...portsOf(), policy }, { ...options, steps: 3 })
  const reports = await lastValueFrom(run$.pipe(toArray()))
  return reports.map(({ entropy, accepted: { positive, negative } }) => [entropy.drift, positive, negative])
}

describe('accepted responses below, inside and above the band', () => {
  it.each<readonly [AlgorithmName, string, number, readonly (readonly number[])[]]>([
    [
      'grpo',
      'everything',
      0.25,
      [
        [-1, 2, 2],
        [0, 2, 2],
        [1, 2, 2],
      ],
    ],
    [
      'entrocraft',
      'by the sign of the advantage',
      0.25,
      [
        [-1, 0, 2],
        [0, 2, 2],
        [1, 2, 0],
      ],
    ],
    [
      'entrocraft',
      'by the sign of the advantage, also for unlikely tokens',
      -0.25,
      [
        [-1, 0, 2],
        [0, 2, 2],
        [1, 2, 0],
      ],
    ],
    [
      'entrocraft-predicted',
      'as by the sign when tokens are likely',
      0.25,
      [
        [-1, 0, 2],
        [0, 2, 2],
        [1, 2, 0],
      ],
    ],
    [
      'entrocraft-predicted',
      'opposite to the sign when tokens are unlikely',
      -0.25,
      [
        [-1, 2, 0],
        [0, 2, 2],
        [1, 0, 2],
      ],
    ],
  ])('%s: %s', async (name, _, s, expected) => {
    expect(await acceptedByDrift(name, s)).toEqual(expected)
  })
})
