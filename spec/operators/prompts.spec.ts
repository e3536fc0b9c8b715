import { concat, lastValueFrom, type Observable, take, tap, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Prompt, PromptBatch } from '#lib/rollout/prompt.js'
import { type Demand, createDemand } from '#lib/control/demand.js'
import { prompts } from '#operators/prompts.js'
import { aPrompt, aPromptBatch, virtually } from '#testing.js'

const promptsOf = (count: number) => Array.from({ length: count }, (_, n) => aPrompt(`${n}`))
const batchOf = (step: number, ...ids: readonly number[]) => aPromptBatch(step, ids.map(String))

/** Source of `count` prompts, as an iterable and as an async one; it records reads and closings. */
const recordedSource = (count = Infinity) => {
  const log = { pulled: 0, closed: 0 }
  function* sync(): Generator<Prompt, void> {
    try {
      while (log.pulled < count) yield aPrompt(`${log.pulled++}`)
    } finally {
      log.closed++
    }
  }
  async function* async(): AsyncGenerator<Prompt, void> {
    try {
      while (log.pulled < count) yield await Promise.resolve(aPrompt(`${log.pulled++}`))
    } finally {
      log.closed++
    }
  }
  return { log, sync: sync(), async: async() }
}

/** Returns the credit of every batch at once, and resolves to all batches. */
const drain = (batches$: Observable<PromptBatch>, demand: Demand) =>
  lastValueFrom(
    batches$.pipe(
      tap(({ step }) => demand.returnCredit(step)),
      toArray(),
    ),
  )

const microtasks = async () => {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

describe('prompts', () => {
  it('spends one credit for each batch, numbers the steps, and never reads ahead', () => {
    const { log, sync } = recordedSource()
    virtually(({ cold, expectObservable, flush }) => {
      const demand = createDemand({ prompts: 2, inFlight: 2 })
      cold('-------1--0').subscribe((step) => demand.returnCredit(Number(step)))
      expectObservable(prompts(sync, demand)).toBe('(ab)---c--d', {
        a: batchOf(0, 0, 1),
        b: batchOf(1, 2, 3),
        c: batchOf(2, 4, 5),
        d: batchOf(3, 6, 7),
      })
      flush()
    })
    expect(log.pulled).toBe(8)
  })

  it('emits the last prompts as a smaller batch, and completes when the next credit finds no prompt', () => {
    virtually(({ cold, expectObservable }) => {
      const demand = createDemand({ prompts: 2, inFlight: 1 })
      cold('---0--1').subscribe((step) => demand.returnCredit(Number(step)))
      expectObservable(prompts(promptsOf(3), demand)).toBe('a--(b|)', { a: batchOf(0, 0, 1), b: batchOf(1, 2) })
    })
    virtually(({ cold, expectObservable }) => {
      const demand = createDemand({ prompts: 2, inFlight: 1 })
      cold('---0--1').subscribe((step) => demand.returnCredit(Number(step)))
      expectObservable(prompts(promptsOf(4), demand)).toBe('a--b--|', { a: batchOf(0, 0, 1), b: batchOf(1, 2, 3) })
    })
  })

  it('completes at once without prompts, and waits while it has no credit', () => {
    virtually(({ expectObservable }) => {
      expectObservable(prompts([], createDemand({ prompts: 2, inFlight: 1 }))).toBe('|')
      expectObservable(prompts(promptsOf(9), createDemand({ prompts: 2, inFlight: 1 }))).toBe('a', {
        a: batchOf(0, 0, 1),
      })
    })
  })

  it('starts a resumed run at its first step', async () => {
    const demand = createDemand({ prompts: 2, inFlight: 1, firstStep: 7 })
    expect(await drain(prompts(promptsOf(3), demand), demand)).toEqual([batchOf(7, 0, 1), batchOf(8, 2)])
  })

  it('emits the same batches from an async source', async () => {
    const demand = createDemand({ prompts: 2, inFlight: 2 })
    expect(await drain(prompts(recordedSource(5).async, demand), demand)).toEqual([
      batchOf(0, 0, 1),
      batchOf(1, 2, 3),
      batchOf(2, 4),
    ])
  })

  it('does not read ahead from an async source', async () => {
    const { log, async } = recordedSource()
    const demand = createDemand({ prompts: 3, inFlight: 2 })
    const subscription = prompts(async, demand).subscribe()
    await microtasks()
    expect(log.pulled).toBe(6)
    demand.returnCredit(1)
    await microtasks()
    expect(log.pulled).toBe(9)
    subscription.unsubscribe()
  })

  it.each(['sync', 'async'] as const)('closes its source when unsubscribed: %s', async (form) => {
    const { log, ...source } = recordedSource()
    const subscription = prompts(source[form], createDemand({ prompts: 2, inFlight: 1 })).subscribe()
    await microtasks()
    expect(log).toEqual({ pulled: 2, closed: 0 })
    subscription.unsubscribe()
    await microtasks()
    expect(log).toEqual({ pulled: 2, closed: 1 })
  })

  it('stops an async read that has started', async () => {
    const { log, async } = recordedSource()
    const subscription = prompts(async, createDemand({ prompts: 1_000_000, inFlight: 1 })).subscribe()
    await microtasks()
    subscription.unsubscribe()
    await microtasks()
    const pulled = log.pulled
    await microtasks()
    expect(log).toEqual({ pulled, closed: 1 })
  })

  it('stops an async read that has started on an iterator without `return`', async () => {
    let pulled = 0
    const next = () => Promise.resolve({ value: aPrompt(`${pulled++}`) })
    const source = { [Symbol.asyncIterator]: () => ({ next }) }
    const subscription = prompts(source, createDemand({ prompts: 1_000_000, inFlight: 1 })).subscribe()
    await microtasks()
    subscription.unsubscribe()
    const before = pulled
    await microtasks()
    expect(pulled).toBeLessThanOrEqual(before + 1)
  })

  it('does not close a source that ended by itself', async () => {
    let closed = 0
    const end = { done: true, value: undefined } as const
    const iterator = {
      next: () => end,
      return: () => {
        closed++
        return end
      },
    }
    const demand = createDemand({ prompts: 2, inFlight: 1 })
    await drain(prompts({ [Symbol.iterator]: () => iterator }, demand), demand)
    expect(closed).toBe(0)
  })

  it('closes an endless source when its output is complete', async () => {
    const { log, sync } = recordedSource()
    const demand = createDemand({ prompts: 2, inFlight: 1 })
    expect(await drain(prompts(sync, demand).pipe(take(3)), demand)).toHaveLength(3)
    expect(log).toEqual({ pulled: 6, closed: 1 })
  })

  it.each([
    [
      'sync',
      function* () {
        yield aPrompt('0')
        throw new Error('broken')
      },
    ],
    [
      'async',
      async function* () {
        yield await Promise.resolve(aPrompt('0'))
        throw new Error('broken')
      },
    ],
  ])('ends with the error of its source: %s', async (_, source) => {
    const demand = createDemand({ prompts: 1, inFlight: 1 })
    const batches: PromptBatch[] = []
    const run = lastValueFrom(
      prompts(source(), demand).pipe(
        tap((batch) => {
          batches.push(batch)
          demand.returnCredit(batch.step)
        }),
      ),
    )
    await expect(run).rejects.toThrow('broken')
    expect(batches).toEqual([batchOf(0, 0)])
  })

  it('refuses a second run on the same demand, and accepts it after the first', async () => {
    const demand = createDemand({ prompts: 2, inFlight: 1 })
    const first = prompts(promptsOf(4), demand).subscribe()
    await expect(lastValueFrom(prompts(promptsOf(4), demand))).rejects.toMatchObject({ _tag: 'AlreadyRunning' })
    first.unsubscribe()
    const again$ = prompts(promptsOf(3), demand)
    expect(await drain(concat(again$, again$), demand)).toEqual([
      batchOf(0, 0, 1),
      batchOf(1, 2),
      batchOf(0, 0, 1),
      batchOf(1, 2),
    ])
  })

  it.each([
    ['that was never spent', [7]],
    ['that was returned already', [0, 0]],
  ])('refuses a credit %s', async (_, credits) => {
    const demand = createDemand({ prompts: 1, inFlight: 2 })
    const run = lastValueFrom(prompts(promptsOf(9), demand))
    credits.forEach(demand.returnCredit)
    await expect(run).rejects.toMatchObject({
      _tag: 'BrokenInvariant',
      message: `found a returned credit of step ${credits[0]!}, expected a step in flight`,
    })
  })
})

describe('demand', () => {
  it.each([
    [{ prompts: 0, inFlight: 1 }, 'prompts: found 0, expected an integer >= 1'],
    [{ prompts: 1, inFlight: 0.5 }, 'inFlight: found 0.5, expected an integer >= 1'],
    [{ prompts: 1, inFlight: 1, firstStep: -1 }, 'firstStep: found -1, expected an integer >= 0'],
  ])('refuses %o', (options, message) => {
    expect(() => createDemand(options)).toThrow(new RangeError(message))
  })

  it('an async source whose `return` rejects does not fail the run', async () => {
    const rejecting: AsyncIterable<Prompt> = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: aPrompt() }),
        return: () => Promise.reject(new Error('not now')),
      }),
    }
    const batches$ = prompts(rejecting, createDemand({ prompts: 1, inFlight: 1 }))
    expect(await lastValueFrom(batches$.pipe(take(1)))).toEqual({ step: 0, prompts: [aPrompt()] })
    await microtasks()
  })
})
