import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { evaluation } from '#pipelines/evaluation.js'
import { aPrompt, fixedVerifier, marblePolicy, virtually } from '#testing.js'

const prompts = Array.from({ length: 5 }, (_, n) => aPrompt(`${n}`))
/** Completion g has g + 1 tokens; an answer to prompt n is right when it has more than n tokens. */
const verifier = fixedVerifier(({ tokens }, { id }) => (tokens.length > Number(id) ? 1 : -1))
const options = { ks: [1, 4], sampling: { group: 4, maxTokens: 8, seed: 7 }, demand: { prompts: 2 } }

describe('evaluation', () => {
  it('samples and judges every prompt, batch by batch, and emits one evaluation', async () => {
    const policy = marblePolicy()
    const result = await lastValueFrom(evaluation({ policy, verifier, prompts }, options))
    expect(result).toMatchObject({ prompts: 5, samples: 20, meanTokens: 2.5 })
    expect(result.meanAtK.value).toBeCloseTo((4 + 3 + 2 + 1 + 0) / 20)
    expect(result.passAtK[4]?.value).toBeCloseTo(4 / 5)
    expect(policy.sampled.map((batch) => batch.prompts.length)).toEqual([2, 2, 1])
  })

  it('does not depend on the order in which groups finish', async () => {
    const reversed = marblePolicy({ sample: (groups) => Object.values(groups).reverse() })
    const [one, other] = [marblePolicy(), reversed].map((policy) => evaluation({ policy, verifier, prompts }, options))
    expect(await lastValueFrom(one!)).toEqual(await lastValueFrom(other!))
  })

  it('stops sampling when unsubscribed', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const silent$ = cold<never>('-')
      const policy = marblePolicy({ sample: () => silent$ })
      expectObservable(evaluation({ policy, verifier, prompts }, options), '^--!').toBe('')
      expectSubscriptions(silent$.subscriptions).toBe('^--!')
    })
  })

  it('samples as in the paper by default', async () => {
    const policy = marblePolicy()
    const calls: unknown[] = []
    const watched = {
      ...policy,
      sample: (...args: Parameters<typeof policy.sample>) => (calls.push(args[1]), policy.sample(...args)),
    }
    await lastValueFrom(
      evaluation(
        { policy: watched, verifier, prompts: [aPrompt('0')] },
        { ks: [1], sampling: { maxTokens: 8, seed: 7 } },
      ),
    )
    expect(calls).toEqual([{ group: 32, temperature: 0.6, topK: 20, topP: 0.95, maxTokens: 8, seed: 7 }])
  })
})
