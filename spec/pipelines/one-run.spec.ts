import { catchError, concat, EMPTY, lastValueFrom, map, type Observable, repeat, retry, take, tap, toArray } from 'rxjs'
import { afterAll, describe, expect, it } from 'vitest'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { gate } from '#lib/control/gate.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import type { LocalModel } from '#lib/policy/local/local-model.js'
import type { Prompt, PromptSource } from '#lib/rollout/prompt.js'
import { countdown } from '#lib/task/countdown/index.js'
import { gateAndTimePorts } from '#lib/timing/gate-and-time-ports.js'
import { algorithms } from '#pipelines/algorithms/index.js'
import { evaluation } from '#pipelines/evaluation.js'
import { pretraining } from '#pipelines/pretraining.js'
import { aPrompt, fakeLearner, fixedVerifier, marblePolicy } from '#testing.js'
import { aBatchOf, accepted, only, promptOf, snapshotOf, withModel } from '../lib/policy/local/tiny.js'

const band = () => ({ low: 0, high: 10 })
const sampling = { group: 4, maxTokens: 6, seed: 3 }
const demand = { prompts: 2 }
const judge = fixedVerifier(({ tokens }) => (tokens[0]! % 2 === 0 ? 1 : -1))
const questions = ['12', '345', '67', '8+9', '1', '2'].map(promptOf)
const tagOf = (run: Promise<unknown>) =>
  run.then(
    () => 'ended',
    (error: unknown) => (error as { readonly _tag: string })._tag,
  )

describe('one model', async () => {
  const engine = await inWorker('onnx', { threads: 1 })
  afterAll(() => engine.close())

  const runOn = ({ policy, learner }: LocalModel, name: keyof typeof algorithms = 'reinforce') =>
    algorithms[name].create(
      { policy, learner, verifier: judge, rewardScale: 'signed', prompts: questions },
      { band, sampling, demand, steps: 3 },
    )
  const outcomes = (run$: Observable<{ readonly outcome: unknown }>) =>
    lastValueFrom(
      run$.pipe(
        map(({ outcome }) => outcome),
        toArray(),
      ),
    )
  const alone = await withModel(engine, (model) => outcomes(runOn(model)))

  it('serves one run: a second subscription is refused, and the first has the numbers of a run alone', async () => {
    await withModel(engine, async (model) => {
      const run$ = runOn(model)
      const first = outcomes(run$)
      expect(await tagOf(outcomes(run$))).toBe('AlreadyRunning')
      expect(await first).toEqual(alone)
    })
  })

  it('serves one pipeline of two, also when both wrap the ports', async () => {
    await withModel(engine, async (model) => {
      const wrapped = () => ({
        ...model,
        ...gateAndTimePorts(
          model,
          gate(() => 0),
          () => null,
        ),
      })
      const first = outcomes(runOn(wrapped()))
      expect(await tagOf(outcomes(runOn(wrapped(), 'grpo')))).toBe('AlreadyRunning')
      const supervised$ = pretraining(model.learner, countdown().demonstrations(1), { steps: 1, batch: 1 })
      expect(await tagOf(lastValueFrom(supervised$))).toBe('AlreadyRunning')
      expect(await first).toEqual(alone)
    })
  })

  it('refuses a bare update during a run, at any of its steps', async () => {
    await withModel(engine, async (model) => {
      const bare = accepted(aBatchOf([2, 3]), await only(model.policy.score(aBatchOf([2, 3]))))
      const refused: Promise<string>[] = []
      const attempt = () => refused.push(tagOf(only(model.learner.update(bare, ppoClip()))))
      const first = outcomes(runOn(model).pipe(tap(attempt)))
      attempt()
      expect(await first).toEqual(alone)
      expect(await Promise.all(refused)).toEqual([
        'AlreadyRunning',
        'AlreadyRunning',
        'AlreadyRunning',
        'AlreadyRunning',
      ])
    })
  })

  it('refuses the second of two bare updates, and the first is undisturbed', async () => {
    const scored = (model: LocalModel) => only(model.policy.score(aBatchOf([2, 3, 4])))
    const after = async (count: number) =>
      withModel(engine, async (model) => {
        const batch = accepted(aBatchOf([2, 3, 4]), await scored(model))
        const updates = Array.from({ length: count }, () => tagOf(only(model.learner.update(batch, ppoClip()))))
        return { tags: await Promise.all(updates), state: await snapshotOf(model.learner) }
      })
    const [one, two] = [await after(1), await after(2)]
    expect(two.tags).toEqual(['ended', 'AlreadyRunning'])
    expect(two.state).toEqual(one.state)
  })

  it('may start again after an error, after unsubscribing, and while the work that was unsubscribed still ends', async () => {
    await withModel(engine, async (model) => {
      const run$ = runOn(model)
      run$.subscribe().unsubscribe()
      expect(await outcomes(run$.pipe(take(1)))).toHaveLength(1)
      let fails = true
      const failing$ = run$.pipe(
        tap(() => {
          if (fails) throw new Error('broken')
        }),
        catchError((_: unknown, again$) => {
          fails = false
          return again$
        }),
      )
      expect(await outcomes(failing$)).toHaveLength(3)
      const batch = accepted(aBatchOf([2, 3, 4]), await only(model.policy.score(aBatchOf([2, 3, 4]))))
      const before = model.policy.version
      for (let n = 0; n < 5; n++) {
        const update$ = model.learner.update(batch, ppoClip()) as Observable<unknown>
        update$.subscribe().unsubscribe()
      }
      expect(await only(model.learner.update(batch, ppoClip()))).toMatchObject({ version: before + 1 })
    })
  })

  it('may be evaluated during a run', async () => {
    await withModel(engine, async (model) => {
      const first = outcomes(runOn(model))
      const ports = { policy: model.policy, verifier: judge, prompts: questions }
      expect(await lastValueFrom(evaluation(ports, { ks: [1], sampling }))).toMatchObject({ prompts: 6 })
      expect(await first).toEqual(alone)
    })
  })
})

describe('a run that starts again', () => {
  const idsOf = (prompts: PromptSource, again: (run$: Observable<string>) => Observable<string>) => {
    const ports = {
      policy: marblePolicy(),
      learner: fakeLearner(),
      verifier: fixedVerifier(({ tokens }) => (tokens.length === 2 ? 1 : -1)),
      rewardScale: 'signed' as const,
      prompts,
    }
    const run$ = algorithms.grpo.create(ports, { band, sampling: { ...sampling, group: 2 }, demand, steps: 2 })
    return lastValueFrom(again(run$.pipe(map(({ examples }) => examples[0]!.response.prompt.id))).pipe(toArray()))
  }
  const failOnce = () => {
    let hasFailed = false
    return tap<string>(() => {
      if (hasFailed) return
      hasFailed = true
      throw new Error('once')
    })
  }
  const ways: readonly (readonly [
    string,
    (run$: Observable<string>) => Observable<string>,
    (ids: readonly string[]) => readonly string[],
  ])[] = [
    ['a second subscription', (run$) => concat(run$, run$), (ids) => [...ids, ...ids]],
    ['repeat(2)', (run$) => run$.pipe(repeat(2)), (ids) => [...ids, ...ids]],
    ['retry(1)', (run$) => run$.pipe(failOnce(), retry(1)), (ids) => ids],
    [
      'a start in the handler of the end',
      (run$) => concat(run$.pipe(catchError(() => EMPTY)), run$),
      (ids) => [...ids, ...ids],
    ],
  ]
  const named = (count: number) => Array.from({ length: count }, (_, n) => aPrompt(`${n}`))
  const sources: readonly (readonly [string, () => PromptSource])[] = [
    ['an array', () => named(6)],
    ['countdown', () => countdown().prompts('train', 7)],
    [
      'an object that iterates',
      () => ({
        *[Symbol.iterator]() {
          yield* named(6)
        },
      }),
    ],
    [
      'an object that iterates asynchronously',
      () => ({
        async *[Symbol.asyncIterator]() {
          await Promise.resolve()
          yield* named(6)
        },
      }),
    ],
  ]

  it.each(
    sources.flatMap(([source, prompts]) =>
      ways.map(([way, again, expected]) => ({ source, prompts, way, again, expected })),
    ),
  )('is a fresh run: $way with $source', async ({ prompts, again, expected }) => {
    const once = await idsOf(prompts(), (run$) => run$)
    expect(once).toHaveLength(2)
    expect(await idsOf(prompts(), again)).toEqual(expected(once))
  })

  const spent: readonly (readonly [string, () => PromptSource])[] = [
    [
      'a generator',
      () =>
        (function* () {
          yield* named(6)
        })(),
    ],
    [
      'an asynchronous generator',
      () =>
        (async function* () {
          yield* await Promise.resolve(named(6))
        })(),
    ],
    ['an iterator of an array', () => named(6).values()],
    [
      'an object that returns one generator',
      () => {
        const one = (function* () {
          yield* named(6)
        })()
        return { [Symbol.iterator]: () => one }
      },
    ],
  ]
  it.each(spent.flatMap(([source, prompts]) => ways.map(([way, again]) => ({ source, prompts, way, again }))))(
    'says that its prompts are spent: $way with $source',
    async ({ prompts, again }) => {
      await expect(idsOf(prompts(), again)).rejects.toMatchObject({
        _tag: 'SpentPrompts',
        message: expect.stringContaining('cannot start again, such as a generator; expected') as string,
      })
    },
  )

  it('says that its prompts are spent when iterators share a cursor that has ended', async () => {
    const cursor = named(6).values()
    const shared: PromptSource = { [Symbol.iterator]: () => ({ next: () => cursor.next() as IteratorResult<Prompt> }) }
    const spentLater = idsOf(shared, (run$) => run$.pipe(repeat(3)))
    await expect(spentLater).rejects.toMatchObject({ _tag: 'SpentPrompts' })
  })

  it('says that its prompts are spent when they were read before the run', async () => {
    const read = (function* () {
      yield* named(6)
    })()
    expect([...read]).toHaveLength(6)
    await expect(idsOf(read, (run$) => run$)).rejects.toMatchObject({ _tag: 'SpentPrompts' })
  })
})
