import { firstValueFrom, lastValueFrom, of, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { algorithms } from '#pipelines/algorithms/index.js'
import { measureEntropy } from '#pipelines/measure-entropy.js'
import { aPrompt, fixedVerifier, type MarblePolicyOptions, marblePolicy, someScores, virtually } from '#testing.js'
import { promptOf, withModel } from '../lib/policy/local/tiny.js'

const prompts = Array.from({ length: 5 }, (_, n) => aPrompt(`${n}`))
const options = { sampling: { group: 2, maxTokens: 8, seed: 7 }, demand: { prompts: 2 } }

describe('measureEntropy', () => {
  it('is the mean over the tokens of the first two batches', async () => {
    // Completions of one prompt have one token and two, so the batches have six tokens each.
    const entropies = [0.25, 0.75]
    const policy = marblePolicy({ score: (_, batch) => of(someScores(batch, entropies[batch.step])) })
    expect(await lastValueFrom(measureEntropy({ policy, prompts }, options).pipe(toArray()))).toEqual([0.5])
    expect(policy.sampled.map(({ step, prompts }) => [step, prompts.map(({ id }) => id)])).toEqual([
      [0, ['0', '1']],
      [1, ['2', '3']],
    ])
    expect(policy.scored).toHaveLength(2)
  })

  it('weighs each batch by its number of tokens', async () => {
    // Six tokens of entropy 0, then three tokens of entropy 3.
    const policy = marblePolicy({ score: (_, batch) => of(someScores(batch, batch.step === 0 ? 0 : 3)) })
    expect(await lastValueFrom(measureEntropy({ policy, prompts: prompts.slice(0, 3) }, options))).toBeCloseTo(1, 12)
  })

  it('measures as many batches as there are, and a last one that is not full', async () => {
    const policy = marblePolicy({ entropy: 0.5 })
    const measured$ = measureEntropy({ policy, prompts: prompts.slice(0, 3) }, { ...options, batches: 9 })
    expect(await lastValueFrom(measured$)).toBeCloseTo(0.5, 12)
    expect(policy.sampled.map((batch) => batch.prompts.length)).toEqual([2, 1])
  })

  it('measures in time, one batch at a time, and afresh for every subscription', () => {
    virtually(({ cold, expectObservable }) => {
      const policy = marblePolicy({
        sample: (groups) => cold('-0-1|', groups),
        score: (scores) => cold('--s|', { s: scores }),
        entropy: 0.5,
      })
      const measured$ = measureEntropy({ policy, prompts }, options)
      expectObservable(measured$).toBe('----------(h|)', { h: 0.5 })
      expectObservable(measured$, '--------------^').toBe('------------------------(h|)', { h: 0.5 })
    })
  })

  it.each<[string, keyof MarblePolicyOptions]>([
    ['sampling', 'sample'],
    ['scoring', 'score'],
  ])('stops %s when unsubscribed', (_, port) => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const silent$ = cold<never>('-')
      const policy = marblePolicy({ [port]: () => silent$ })
      expectObservable(measureEntropy({ policy, prompts }, options), '^--!').toBe('')
      expectSubscriptions(silent$.subscriptions).toBe('^--!')
    })
  })

  it('closes the source of prompts after its last batch', async () => {
    const read: string[] = []
    let isClosed = false
    function* source() {
      try {
        for (const prompt of prompts) {
          read.push(prompt.id)
          yield prompt
        }
      } finally {
        isClosed = true
      }
    }
    await lastValueFrom(measureEntropy({ policy: marblePolicy(), prompts: source() }, { ...options, batches: 1 }))
    expect(read).toEqual(['0', '1'])
    expect(isClosed).toBe(true)
  })

  it('is 0 of a policy that is certain of every token', async () => {
    const policy = marblePolicy({ entropy: 0 })
    expect(await lastValueFrom(measureEntropy({ policy, prompts }, options))).toBe(0)
  })

  it('fails without prompts, with scores that are NaN, and with the error of a port', async () => {
    const policy = marblePolicy()
    await expect(lastValueFrom(measureEntropy({ policy, prompts: [] }, options))).rejects.toMatchObject({
      _tag: 'NoPrompts',
      message: 'found no prompt to measure the entropy on, expected at least one',
    })
    const diverged = marblePolicy({ entropy: NaN })
    await expect(lastValueFrom(measureEntropy({ policy: diverged, prompts }, options))).rejects.toMatchObject({
      _tag: 'Diverged',
    })
    const error = new Error('no scores')
    virtually(({ cold, expectObservable }) => {
      const failing = marblePolicy({ score: () => cold('-#', {}, error) })
      expectObservable(measureEntropy({ policy: failing, prompts }, options)).toBe('-#', {}, error)
    })
  })

  it('of one batch is the entropy of the first step of a run with the same options, which it does not change', async () => {
    const engine = await inWorker('onnx', { threads: 1 })
    const source = ['12', '345', '67', '8+9'].map(promptOf)
    const same = { sampling: { group: 4, maxTokens: 6, seed: 3 }, demand: { prompts: 2 } }
    const verifier = fixedVerifier(({ tokens }) => (tokens[0]! % 2 === 0 ? 1 : -1))
    const stepAfter = (measure: boolean) =>
      withModel(engine, async (model) => {
        const measured = measure
          ? await firstValueFrom(measureEntropy({ ...model, prompts: source }, { ...same, batches: 1 }))
          : null
        const run$ = algorithms.reinforce.create(
          { ...model, verifier, rewardScale: 'signed', prompts: source },
          { ...same, band: () => ({ low: 0, high: 10 }) },
        )
        return { measured, reports: await lastValueFrom(run$.pipe(toArray())) }
      })
    const [alone, after] = [await stepAfter(false), await stepAfter(true)]
    expect(after.measured).toBe(after.reports[0]!.entropy.entropy)
    expect(after.reports).toEqual(alone.reports)
    await engine.close()
  })

  it('refuses impossible options in the call', () => {
    const ports = { policy: marblePolicy(), prompts }
    expect(() => measureEntropy(ports, { ...options, batches: 0 })).toThrow(
      new RangeError('batches: found 0, expected an integer >= 1'),
    )
    expect(() => measureEntropy(ports, { ...options, demand: { prompts: 0 } })).toThrow(RangeError)
    expect(() => measureEntropy(ports, { ...options, sampling: { ...options.sampling, topP: 2 } })).toThrow(RangeError)
  })
})
