import { concat, lastValueFrom, type Observable, take, tap, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Prompt, PromptBatch } from '#lib/rollout/prompt.js'
import { type Demand, createDemand } from '#lib/control/demand.js'
import { prompts } from '#operators/prompts.js'
import { aPrompt, aPromptBatch, virtually } from '#testing.js'

const named = (count: number) => Array.from({ length: count }, (_, n) => aPrompt(`${n}`))
const batchOf = (batch: number, ...ids: readonly number[]) => aPromptBatch(batch, ids.map(String))

/** A source of `count` prompts in both forms, and what happened to it. */
const watched = (count = Infinity) => {
  const log = { pulled: 0, closed: 0 }
  function* now(): Generator<Prompt, void> {
    try {
      while (log.pulled < count) yield aPrompt(`${log.pulled++}`)
    } finally {
      log.closed++
    }
  }
  async function* later(): AsyncGenerator<Prompt, void> {
    try {
      while (log.pulled < count) yield await Promise.resolve(aPrompt(`${log.pulled++}`))
    } finally {
      log.closed++
    }
  }
  return { log, now: now(), later: later() }
}

/** A sink that is done with every batch at once. */
const drained = (batches$: Observable<PromptBatch>, demand: Demand) =>
  lastValueFrom(
    batches$.pipe(
      tap(({ step: batch }) => demand.returnCredit(batch)),
      toArray(),
    ),
  )

const microtasks = async () => {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

describe('prompts', () => {
  it('spends a credit on every batch, numbers it, and never pulls ahead', () => {
    const { log, now } = watched()
    virtually(({ cold, expectObservable, flush }) => {
      const demand = createDemand({ prompts: 2, inFlight: 2 })
      cold('-------1--0').subscribe((batch) => demand.returnCredit(Number(batch)))
      expectObservable(prompts(now, demand)).toBe('(ab)---c--d', {
        a: batchOf(0, 0, 1),
        b: batchOf(1, 2, 3),
        c: batchOf(2, 4, 5),
        d: batchOf(3, 6, 7),
      })
      flush()
    })
    expect(log.pulled).toBe(8)
  })

  it('ends with what is left; the end is known when the next credit asks for more', () => {
    virtually(({ cold, expectObservable }) => {
      const demand = createDemand({ prompts: 2, inFlight: 1 })
      cold('---0--1').subscribe((batch) => demand.returnCredit(Number(batch)))
      expectObservable(prompts(named(3), demand)).toBe('a--(b|)', { a: batchOf(0, 0, 1), b: batchOf(1, 2) })
    })
    virtually(({ cold, expectObservable }) => {
      const demand = createDemand({ prompts: 2, inFlight: 1 })
      cold('---0--1').subscribe((batch) => demand.returnCredit(Number(batch)))
      expectObservable(prompts(named(4), demand)).toBe('a--b--|', { a: batchOf(0, 0, 1), b: batchOf(1, 2, 3) })
    })
  })

  it('completes at once without prompts, and waits for ever without credits', () => {
    virtually(({ expectObservable }) => {
      expectObservable(prompts([], createDemand({ prompts: 2, inFlight: 1 }))).toBe('|')
      expectObservable(prompts(named(9), createDemand({ prompts: 2, inFlight: 1 }))).toBe('a', { a: batchOf(0, 0, 1) })
    })
  })

  it('counts from the first batch of a run that resumes', async () => {
    const demand = createDemand({ prompts: 2, inFlight: 1, firstStep: 7 })
    expect(await drained(prompts(named(3), demand), demand)).toEqual([batchOf(7, 0, 1), batchOf(8, 2)])
  })

  it('gives the same batches from an async source', async () => {
    const demand = createDemand({ prompts: 2, inFlight: 2 })
    expect(await drained(prompts(watched(5).later, demand), demand)).toEqual([
      batchOf(0, 0, 1),
      batchOf(1, 2, 3),
      batchOf(2, 4),
    ])
  })

  it('does not pull ahead from an async source', async () => {
    const { log, later } = watched()
    const demand = createDemand({ prompts: 3, inFlight: 2 })
    const subscription = prompts(later, demand).subscribe()
    await microtasks()
    expect(log.pulled).toBe(6)
    demand.returnCredit(1)
    await microtasks()
    expect(log.pulled).toBe(9)
    subscription.unsubscribe()
  })

  it.each(['now', 'later'] as const)('closes its source when unsubscribed: %s', async (form) => {
    const { log, ...source } = watched()
    const subscription = prompts(source[form], createDemand({ prompts: 2, inFlight: 1 })).subscribe()
    await microtasks()
    expect(log).toEqual({ pulled: 2, closed: 0 })
    subscription.unsubscribe()
    await microtasks()
    expect(log).toEqual({ pulled: 2, closed: 1 })
  })

  it('stops an async pull under way', async () => {
    const { log, later } = watched()
    const subscription = prompts(later, createDemand({ prompts: 1_000_000, inFlight: 1 })).subscribe()
    await microtasks()
    subscription.unsubscribe()
    await microtasks()
    const pulled = log.pulled
    await microtasks()
    expect(log).toEqual({ pulled, closed: 1 })
  })

  it('stops an async pull under way that has nothing to close', async () => {
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
    await drained(prompts({ [Symbol.iterator]: () => iterator }, demand), demand)
    expect(closed).toBe(0)
  })

  it('stops an endless source when nobody needs more', async () => {
    const { log, now } = watched()
    const demand = createDemand({ prompts: 2, inFlight: 1 })
    expect(await drained(prompts(now, demand).pipe(take(3)), demand)).toHaveLength(3)
    expect(log).toEqual({ pulled: 6, closed: 1 })
  })

  it.each([
    [
      'now',
      function* () {
        yield aPrompt('0')
        throw new Error('broken')
      },
    ],
    [
      'later',
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

  it('refuses a second run over the same demand, and takes it after the first', async () => {
    const demand = createDemand({ prompts: 2, inFlight: 1 })
    const first = prompts(named(4), demand).subscribe()
    await expect(lastValueFrom(prompts(named(4), demand))).rejects.toMatchObject({ _tag: 'AlreadyRunning' })
    first.unsubscribe()
    const again$ = prompts(named(3), demand)
    expect(await drained(concat(again$, again$), demand)).toEqual([
      batchOf(0, 0, 1),
      batchOf(1, 2),
      batchOf(0, 0, 1),
      batchOf(1, 2),
    ])
  })

  it.each([
    ['that was never handed out', [7]],
    ['that is back already', [0, 0]],
  ])('notices a credit %s', async (_, credits) => {
    const demand = createDemand({ prompts: 1, inFlight: 2 })
    const run = lastValueFrom(prompts(named(9), demand))
    credits.forEach(demand.returnCredit)
    await expect(run).rejects.toMatchObject({
      _tag: 'BrokenInvariant',
      message: `batch ${credits[0]!} holds no credit to return`,
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

  it('an async source that refuses to be closed does no harm', async () => {
    const refusing: AsyncIterable<Prompt> = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: aPrompt() }),
        return: () => Promise.reject(new Error('not now')),
      }),
    }
    const batches$ = prompts(refusing, createDemand({ prompts: 1, inFlight: 1 }))
    expect(await lastValueFrom(batches$.pipe(take(1)))).toEqual({ step: 0, prompts: [aPrompt()] })
    await microtasks()
  })
})
