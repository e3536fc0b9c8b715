import {
  from,
  lastValueFrom,
  map,
  mergeMap,
  NEVER,
  type Observable,
  of,
  type OperatorFunction,
  pipe,
  take,
  toArray,
} from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Prompt, PromptBatch } from '#lib/rollout/prompt.js'
import type { RewardedGroup } from '#lib/rollout/rollout-group.js'
import { createDemand } from '#lib/control/demand.js'
import { dynamicSampling } from '#operators/dynamic-sampling.js'
import { prompts } from '#operators/prompts.js'
import { sharedPrompts } from '#lib/control/shared-prompts.js'
import { batchOf } from '#lib/batch/batch-of.js'
import { aFailure, aPrompt, aPromptBatch, aRewardedGroup, virtually } from '#testing.js'
import { keepsTheLaws } from './laws.js'

/** Group of a prompt: degenerate if its id begins with d, because both answers are right. */
const groupOf = ({ step, prompts, offset = 0 }: PromptBatch, prompt: Prompt, i: number): RewardedGroup =>
  aRewardedGroup(prompt.id.startsWith('d') ? [1, 1] : [1, -1], {
    step,
    prompt,
    groups: prompts.length,
    index: offset + i,
  })
const groupsOf = (batch: PromptBatch) => batch.prompts.map((prompt, i) => groupOf(batch, prompt, i))
/** Stage that judges synchronously, the last prompt first, and records its batches. */
const judging = (calls: PromptBatch[] = []): OperatorFunction<PromptBatch, RewardedGroup> =>
  mergeMap((batch) => {
    calls.push(batch)
    return from(groupsOf(batch).reverse())
  })
const sparePrompts = (...ids: readonly string[]) => ids.map((id) => aPrompt(id))
const summaryOf = ({ prompt, index, groups, discarded }: RewardedGroup) => [prompt.id, index, groups, discarded ?? 0]
const all = (stream$: Observable<RewardedGroup>) => lastValueFrom(stream$.pipe(map(summaryOf), toArray()))

describe('dynamicSampling', () => {
  describe('laws', () => {
    const withDiscarded = (group: RewardedGroup) => ({ ...group, discarded: 0 })
    keepsTheLaws({
      operator: () => dynamicSampling(judging(), []),
      reactions: [0, 1].map((step) => {
        const input = aPromptBatch(step, ['t'])
        return { input, outputs: groupsOf(input).map(withDiscarded) }
      }),
      ports: { judge: (answer) => dynamicSampling(mergeMap(answer), []) },
    })
  })

  it('replaces degenerate groups by those of the next prompts, in the order of sampling', async () => {
    const calls: PromptBatch[] = []
    const sampled$ = of(aPromptBatch(3, ['d1', 't1', 'd2'])).pipe(
      dynamicSampling(judging(calls), sparePrompts('t2', 'd3', 't3', 'unused')),
    )
    expect(await all(sampled$)).toEqual([
      ['t1', 0, 3, 3],
      ['t2', 1, 3, 0],
      ['t3', 2, 3, 0],
    ])
    expect(calls.map(({ step, offset = 0, prompts }) => [step, offset, prompts.map(({ id }) => id)])).toEqual([
      [3, 0, ['d1', 't1', 'd2']],
      [3, 3, ['t2', 'd3']],
      [3, 5, ['t3']],
    ])
  })

  it('samples at most `rounds` times, and fills the batch with the newest degenerate groups', async () => {
    const calls: PromptBatch[] = []
    const sampled$ = of(aPromptBatch(0, ['d1', 't1'])).pipe(
      dynamicSampling(judging(calls), sparePrompts('d2', 'd3', 't2'), { rounds: 3 }),
    )
    expect(await all(sampled$)).toEqual([
      ['t1', 0, 2, 2],
      ['d3', 1, 2, 0],
    ])
    expect(calls).toHaveLength(3)
  })

  it('fills the batch with degenerate groups when the spare prompts have ended', async () => {
    const sampled$ = of(aPromptBatch(0, ['d1', 'd2', 'd3'])).pipe(dynamicSampling(judging(), sparePrompts('t1')))
    expect(await all(sampled$)).toEqual([
      ['t1', 0, 3, 1],
      ['d2', 1, 3, 0],
      ['d3', 2, 3, 0],
    ])
  })

  it('treats a group without verdicts, and one of equal graded rewards, as degenerate', async () => {
    const graded = pipe(
      judging(),
      map((group): RewardedGroup => {
        const rewards = { none: [null, null], equal: [0.3, 0.3 + 5e-9], graded: [0.3, 0.4] }[group.prompt.id]
        return {
          ...aRewardedGroup(rewards ?? [1, -1]),
          ...group,
          rewards_G: aRewardedGroup(rewards ?? [1, -1]).rewards_G,
        }
      }),
    )
    const sampled$ = of(aPromptBatch(0, ['none', 'equal', 'graded'])).pipe(
      dynamicSampling(graded, sparePrompts('x', 'y')),
    )
    expect((await all(sampled$)).map(([id]) => id)).toEqual(['graded', 'x', 'y'])
  })

  it('records the failures of the verifier in the groups that it discards', async () => {
    const failing = pipe(
      judging(),
      map((group): RewardedGroup => {
        const { rewards_G } = aRewardedGroup(group.prompt.id.startsWith('d') ? [1, null] : [1, -1])
        return { ...group, rewards_G }
      }),
    )
    const sampled$ = of(aPromptBatch(0, ['d1', 't1', 'd2'])).pipe(
      dynamicSampling(failing, sparePrompts('t2', 'd3'), { rounds: 2 }),
    )
    const groups = await lastValueFrom(sampled$.pipe(toArray()))
    // d1 and d2 are discarded, and d3 fills the batch.
    expect(groups.map(({ prompt, discardedFailures }) => [prompt.id, discardedFailures])).toEqual([
      ['t1', [aFailure(), aFailure()]],
      ['t2', undefined],
      ['d3', undefined],
    ])
    const advantaged = groups.map((group) => ({ ...group, advantages_G: [0, 0] }))
    expect(batchOf(advantaged).failures).toEqual([aFailure(), aFailure(), aFailure()])
  })

  it.each([0, 2.5, NaN])('refuses %d rounds', async (rounds) => {
    const sampled$ = of(aPromptBatch(0, ['d'])).pipe(dynamicSampling(judging(), sparePrompts('d'), { rounds }))
    await expect(all(sampled$)).rejects.toThrow(`rounds: found ${rounds}, expected an integer >= 1`)
  })

  it('fails when judging loses a group', async () => {
    const losing = pipe(judging(), take(1))
    const sampled$ = of(aPromptBatch(0, ['t1', 't2'])).pipe(dynamicSampling(losing, []))
    await expect(all(sampled$)).rejects.toMatchObject({
      _tag: 'BrokenInvariant',
      message: 'step 0: found 1 judged groups, expected 2',
    })
  })

  it('samples one batch at a time', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const batches = [aPromptBatch(0, ['t']), aPromptBatch(1, ['t'])]
      const answers = batches.map((batch) => cold('--(g|)', { g: groupsOf(batch)[0]! }))
      const judge = mergeMap(({ step }: PromptBatch) => answers[step]!)
      const sampled$ = cold('ab|', { a: batches[0]!, b: batches[1]! }).pipe(dynamicSampling(judge, []))
      expectObservable(sampled$.pipe(map(({ step }) => step))).toBe('--a-(b|)', { a: 0, b: 1 })
      expectSubscriptions(answers[1]!.subscriptions).toBe('--^-!')
    })
  })

  it.each(['sync', 'async'] as const)(
    'shares a %s source with the prompts of a run, up to its last step',
    async (kind) => {
      let closed = 0
      const ids = function* () {
        try {
          for (let n = 0; ; n++) yield aPrompt(n % 2 === 0 ? `d${n}` : `t${n}`)
        } finally {
          closed++
        }
      }
      const source = sharedPrompts(
        kind === 'sync'
          ? ids()
          : {
              async *[Symbol.asyncIterator]() {
                await Promise.resolve()
                yield* ids()
              },
            },
      )
      const demand = createDemand({ prompts: 2, inFlight: 1 })
      const sampled$ = prompts(source, demand).pipe(take(2), dynamicSampling(judging(), source))
      const seen: (readonly (string | number)[])[] = []
      await new Promise<void>((complete, fail) =>
        sampled$.subscribe({
          next: (group) => {
            seen.push(summaryOf(group))
            if (group.index === 1) demand.returnCredit(group.step)
          },
          complete,
          error: fail,
        }),
      )
      // Step 0: d0 t1, then d2, then t3. Step 1: d4 t5, then d6, then t7.
      expect(seen.map(([id]) => id)).toEqual(['t1', 't3', 't5', 't7'])
      await Promise.resolve()
      expect(closed).toBe(1)
    },
  )

  it('closes the source of spare prompts when it is unsubscribed, and when judging fails', () => {
    let closed = 0
    const spare = function* () {
      try {
        for (;;) yield aPrompt('d')
      } finally {
        closed++
      }
    }
    const first = spare()
    first.next()
    of(aPromptBatch())
      .pipe(
        dynamicSampling(
          mergeMap(() => NEVER),
          first,
        ),
      )
      .subscribe()
      .unsubscribe()
    expect(closed).toBe(1)
    const errors: unknown[] = []
    const failing = mergeMap((batch: PromptBatch) => {
      if (batch.offset !== undefined) throw new Error('broken')
      return from(groupsOf(batch))
    })
    of(aPromptBatch(0, ['d']))
      .pipe(dynamicSampling(failing, spare()))
      .subscribe({ error: (error: unknown) => errors.push(error) })
    expect(errors).toEqual([new Error('broken')])
    expect(closed).toBe(2)
  })
})
