import { EMPTY, NEVER, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { EntropyState } from '#lib/rollout/entropy-state.js'
import type { MeasuredBatch } from '#lib/rollout/batch.js'
import { createDemand } from '#lib/control/demand.js'
import { entropyControl } from '#lib/control/entropy-control.js'
import { sampledScores } from '#lib/entropy/scores/sampled-scores.js'
import { monitorEntropy } from '#operators/monitor-entropy.js'
import { aBatch, anEmptyBatch, marblePolicy, someScores, virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

const band = { low: 0.4, high: 0.6 }
const inside = () => entropyControl(() => band)
const measured = (step: number, entropy?: number, version?: number) => ({
  ...aBatch(step),
  scores: someScores(aBatch(step), entropy, version),
})
const state = (step: number, entropy: number, but: Partial<EntropyState> = {}): EntropyState => ({
  step,
  entropy,
  scoreMethod: 'exact',
  entropyError: 0,
  band,
  nextBand: band,
  steered: null,
  drift: 0,
  measuredChange: step === 0 ? null : 0,
  // Responses of 1 and 2 tokens with A = 1 and -1: (-1/4 + 2/4) over 3 tokens.
  predictedChange: 0.25 / 3,
  ...but,
})

describe('monitorEntropy', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () => monitorEntropy(marblePolicy(), inside()),
      reactions: [0, 1].map((step) => ({ input: aBatch(step), outputs: [measured(step)] })),
      ports: {
        'policy.score': (answer) => monitorEntropy({ ...marblePolicy(), score: answer }, inside()),
      },
      callbacks: { schedule: (schedule) => monitorEntropy(marblePolicy(), entropyControl(schedule)) },
    })
  })

  it('adds the scores when they come, one batch at a time', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const scorings = [0, 1].map((step) => cold('---(s|)', { s: someScores(aBatch(step)) }))
      const policy = marblePolicy({ score: (_, { step }) => scorings[step]! })
      const batches$ = cold('-ab--------|', { a: aBatch(0), b: aBatch(1) })
      expectObservable(batches$.pipe(monitorEntropy(policy, inside()))).toBe('----a--b---|', {
        a: measured(0),
        b: measured(1),
      })
      expectSubscriptions(scorings[0]!.subscriptions).toBe('-^--!')
      expectSubscriptions(scorings[1]!.subscriptions).toBe('----^--!')
    })
  })

  it.each([
    [0.3, -1],
    [0.4, 0],
    [0.5, 0],
    [0.6, 0],
    [0.7, 1],
  ] as const)('entropy %d in the band [0.4, 0.6] has drift %i', (entropy, drift) => {
    // Scores are 32-bit numbers, so a bound that equals the entropy is rounded in the same way.
    const control = entropyControl(() => ({ low: Math.fround(0.4), high: Math.fround(0.6) }))
    const states: EntropyState[] = []
    control.state$.subscribe((state) => states.push(state))
    of(aBatch())
      .pipe(monitorEntropy(marblePolicy({ entropy }), control))
      .subscribe()
    expect(states[0]?.drift).toBe(drift)
    expect(states[0]?.entropy).toBeCloseTo(entropy, 6)
  })

  it('publishes the state before it passes the batch on', () => {
    const control = inside()
    const entropies = [0.5, 0.75, 0.25]
    const policy = marblePolicy({ score: (_, batch) => of(someScores(batch, entropies[batch.step])) })
    const seen: unknown[] = []
    control.state$.subscribe((state) => seen.push(state))
    of(aBatch(0), aBatch(1), aBatch(2))
      .pipe(monitorEntropy(policy, control))
      .subscribe(({ step }) => seen.push(step))
    expect(seen).toEqual([
      state(0, 0.5),
      0,
      state(1, 0.75, { drift: 1, measuredChange: 0.25 }),
      1,
      state(2, 0.25, { drift: -1, measuredChange: -0.5 }),
      2,
    ])
  })

  it('says which updates are known to be skipped when the scores come', () => {
    virtually(({ cold, expectObservable }) => {
      const demand = createDemand({ prompts: 1, inFlight: 2 })
      const policy = marblePolicy({ score: (_, batch) => cold('--(s|)', { s: someScores(batch) }) })
      cold('-a', { a: 1 }).subscribe((step) => demand.recordOutcome(step, true))
      cold('---a', { a: 3 }).subscribe((step) => demand.recordOutcome(step, true))
      const batches$ = cold('ab----c-|', { a: aBatch(2), b: aBatch(3), c: aBatch(4) })
      expectObservable(batches$.pipe(monitorEntropy(policy, inside(), { demand }))).toBe('--a-b---(c|)', {
        a: { ...measured(2), skipped: [1] },
        b: { ...measured(3), skipped: [1, 3] },
        c: { ...measured(4), skipped: [3] },
      })
    })
  })

  it('reads the band when the scores come', () => {
    virtually(({ cold, expectObservable }) => {
      const control = inside()
      const policy = marblePolicy({ entropy: 0.5, score: (scores) => cold('---(s|)', { s: scores }) })
      const override = { low: 0, high: 0.25 }
      cold('--s').subscribe(() => control.steer(override))
      expectObservable(control.state$).toBe('---(s|)', {
        s: state(0, 0.5, { band: override, nextBand: override, steered: [{ step: 0, band: override }], drift: 1 }),
      })
      expectObservable(cold('a|', { a: aBatch(0) }).pipe(monitorEntropy(policy, control))).toBe('---(a|)', {
        a: measured(0, 0.5),
      })
    })
  })

  it('does not call the policy for a batch without responses', () => {
    const control = inside()
    const policy = marblePolicy({ entropy: 0.75, version: 3 })
    const states: EntropyState[] = []
    control.state$.subscribe((state) => states.push(state))
    const versions: number[] = []
    of(aBatch(0), anEmptyBatch(1), aBatch(2))
      .pipe(monitorEntropy(policy, control))
      .subscribe(({ scores }) => versions.push(scores.version))
    expect(versions).toEqual([3, 3, 3])
    expect(policy.scored.map(({ step }) => step)).toEqual([0, 2])
    expect(states).toEqual([
      state(0, 0.75, { drift: 1 }),
      state(1, NaN, { entropyError: null, measuredChange: null, predictedChange: 0 }),
      state(2, 0.75, { drift: 1 }),
    ])
  })

  it('fails when the policy completes without scores', () => {
    const errors: unknown[] = []
    of(aBatch(5))
      .pipe(monitorEntropy(marblePolicy({ score: () => EMPTY }), inside()))
      .subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toMatchObject([
      { _tag: 'BrokenInvariant', message: 'step 5: found no scores of the policy, expected one value' },
    ])
  })

  it.each([
    ['exact', 0, 0.25 / 3],
    ['top-k', 0.125, 0.25 / 3],
    // The surprise is 0.5 at every token, so its estimate has no error, and no token is less likely than the mean.
    ['sampled', 0, 0],
  ] as const)('tells that scores are %s, with their error', (scoreMethod, entropyError, predictedChange) => {
    const [control, states] = [inside(), [] as EntropyState[]]
    control.state$.subscribe((each) => states.push(each))
    of(aBatch(0), anEmptyBatch(1))
      .pipe(monitorEntropy(marblePolicy({ entropy: 0.5, scoreMethod }), control))
      .subscribe()
    expect(states).toEqual([
      state(0, 0.5, { scoreMethod, entropyError, predictedChange }),
      state(1, NaN, { scoreMethod, entropyError: null, measuredChange: null, predictedChange: 0 }),
    ])
  })

  it('predicts the change of sampled scores from their log-probs', () => {
    const [control, states] = [inside(), [] as EntropyState[]]
    control.state$.subscribe((each) => states.push(each))
    const batch = aBatch(0)
    const scores = sampledScores(batch, 0, [[-1], [-0.25, -0.25]])
    of(batch)
      .pipe(monitorEntropy(marblePolicy({ scoreMethod: 'sampled', score: () => of(scores) }), control))
      .subscribe()
    // dH = -A (log p - mean log p), mean -0.5: A = 1 with -0.5 below it, A = -1 with twice 0.25 above it.
    expect(states[0]!.predictedChange).toBeCloseTo((0.5 + 0.25 + 0.25) / 3, 6)
  })

  it('adds the log-probs of the score temperature, and measures the entropy at temperature 1', () => {
    const [control, states, batches] = [inside(), [] as EntropyState[], [] as MeasuredBatch[]]
    control.state$.subscribe((each) => states.push(each))
    of(aBatch(0), anEmptyBatch(1))
      .pipe(monitorEntropy(marblePolicy({ entropy: 0.5 }), control, { scoreTemperature: 0.5 }))
      .subscribe((batch) => batches.push(batch))
    const { logprobs_BT } = someScores(aBatch(0))
    expect(batches.map(({ scores }) => scores.tempered)).toEqual([
      { temperature: 0.5, logprobs_BT: logprobs_BT.map((logprob) => 2 * logprob) },
      { temperature: 0.5, logprobs_BT: new Float32Array() },
    ])
    expect(batches[0]!.scores.logprobs_BT).toEqual(logprobs_BT)
    expect(states[0]).toEqual(state(0, 0.5))
  })

  it('fails when the policy ignores the score temperature', () => {
    const errors: unknown[] = []
    of(aBatch(3))
      .pipe(monitorEntropy({ ...marblePolicy(), score: (b) => of(someScores(b)) }, inside(), { scoreTemperature: 0.7 }))
      .subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toMatchObject([
      {
        _tag: 'BrokenInvariant',
        message: expect.stringContaining(
          'step 3: found scores of the policy with log-probs at temperature 1, expected temperature 0.7',
        ) as string,
      },
    ])
  })

  it('refuses a second run on the same control', () => {
    const monitor = monitorEntropy(marblePolicy(), inside())
    const errors: unknown[] = []
    NEVER.pipe(monitor).subscribe()
    of(aBatch(0))
      .pipe(monitor)
      .subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toMatchObject([{ _tag: 'AlreadyRunning' }])
  })

  it('ends a run whose entropy is NaN', () => {
    const policy = marblePolicy({ score: (_, batch) => of(someScores(batch, batch.step === 1 ? NaN : 0.5)) })
    const seen: unknown[] = []
    of(aBatch(0), aBatch(1))
      .pipe(monitorEntropy(policy, inside()))
      .subscribe({ next: ({ step }) => seen.push(step), error: (error: unknown) => seen.push(error) })
    expect(seen).toMatchObject([
      0,
      {
        _tag: 'Diverged',
        message:
          'step 1: found entropy NaN in the scores of the policy, expected a finite number: the weights have diverged; go on from an earlier checkpoint, with a lower learning rate',
      },
    ])
  })
})
