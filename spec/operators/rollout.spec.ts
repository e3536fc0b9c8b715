import { EMPTY, from, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { PipelineError } from '#lib/pipeline-error.js'
import type { Policy } from '#lib/policy/policy.js'
import { rollout } from '#operators/rollout.js'
import { aCompletion, aPrompt, aPromptBatch, marblePolicy, virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

const sampling = { group: 2, temperature: 1, topK: 0, topP: 1, maxTokens: 8, seed: 7 }

const groupOf = (step: number, ids: readonly string[], index: number) => ({
  step,
  groups: ids.length,
  index,
  prompt: aPrompt(ids[index]),
  completions: [aCompletion(1), aCompletion(2)],
})

describe('rollout', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () => rollout(marblePolicy(), sampling),
      reactions: [
        { input: aPromptBatch(0, ['a', 'b']), outputs: [0, 1].map((index) => groupOf(0, ['a', 'b'], index)) },
        { input: aPromptBatch(1, ['c']), outputs: [groupOf(1, ['c'], 0)] },
      ],
      ports: { 'policy.sample': (answer) => rollout({ ...marblePolicy(), sample: answer }, sampling) },
    })
  })

  it('emits groups as they finish, in any order of steps', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const answers = [cold('---1---0|', groups(0)), cold('--0-1|', groups(1))]
      const policy = marblePolicy({ sample: (_, { step }) => answers[step]! })
      const batches$ = cold('a-b|', { a: aPromptBatch(0, ['a', 'b']), b: aPromptBatch(1, ['a', 'b']) })
      expectObservable(batches$.pipe(rollout(policy, sampling))).toBe('---ab-cd|', {
        a: groupOf(0, ['a', 'b'], 1),
        b: groupOf(1, ['a', 'b'], 0),
        c: groupOf(1, ['a', 'b'], 1),
        d: groupOf(0, ['a', 'b'], 0),
      })
      expectSubscriptions(answers[0]!.subscriptions).toBe('^-------!')
      expectSubscriptions(answers[1]!.subscriptions).toBe('--^----!')
    })
    function groups(step: number) {
      return { 0: groupOf(step, ['a', 'b'], 0), 1: groupOf(step, ['a', 'b'], 1) }
    }
  })

  it('calls the policy with the batch and the sampling', () => {
    const calls: Parameters<Policy['sample']>[] = []
    const policy: Policy = { ...marblePolicy(), sample: (...args) => (calls.push(args), EMPTY) }
    of(aPromptBatch(3, [])).pipe(rollout(policy, sampling)).subscribe()
    expect(calls).toEqual([[aPromptBatch(3, []), sampling]])
  })

  it('refuses a prompt without tokens, by its id, before it calls the policy', () => {
    const policy = marblePolicy()
    const batch = { step: 4, prompts: [aPrompt('a'), aPrompt('blank', { tokens: [] })] }
    const errors: unknown[] = []
    of(batch)
      .pipe(rollout(policy, sampling))
      .subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toEqual([
      new PipelineError('EmptyPrompt', 'prompt blank of step 4: found 0 tokens, expected at least 1'),
    ])
    expect(errors[0]).toMatchObject({ _tag: 'EmptyPrompt' })
    expect(policy.sampled).toEqual([])
  })

  it('fails when the policy completes with a group missing', () => {
    const policy = marblePolicy({ sample: (groups) => from(Object.values(groups).slice(1)) })
    const errors: unknown[] = []
    of(aPromptBatch(0, ['a', 'b']))
      .pipe(rollout(policy, sampling))
      .subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toMatchObject([
      { _tag: 'BrokenInvariant', message: 'step 0: found 1 groups from the policy, expected 2' },
    ])
  })
})
