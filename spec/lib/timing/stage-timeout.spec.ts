import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { asyncScheduler, from, NEVER, type Observable, of, type ObservableInput, throwError } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { ppoClip } from '#algorithms.js'
import { CheckpointError } from '#lib/checkpoint/checkpoint-error.js'
import type { TrainingState } from '#lib/checkpoint/training-state.js'
import { gate } from '#lib/control/gate.js'
import { PipelineError } from '#lib/pipeline-error.js'
import type { Learner } from '#lib/policy/learner.js'
import { lockOf } from '#lib/policy/learner-lock.js'
import { withStageTimeout } from '#lib/timing/stage-timeout.js'
import {
  aBatch,
  aFilteredBatch,
  aGroup,
  anUpdate,
  aPromptBatch,
  fakeLearner,
  marblePolicy,
  someScores,
  virtually,
} from '#testing.js'

/** Clock of the virtual time. @units seconds */
const clock = () => asyncScheduler.now() / 1000
/** Ten frames of virtual time. @units seconds */
const stageTimeout = 0.01
const sampling = { group: 1, temperature: 1, topK: 0, topP: 1, maxTokens: 4, seed: 1 }
const [group, scores, report] = [aGroup(), someScores(aBatch()), anUpdate()]
const [groups, answers] = [{ g: group }, { s: scores }]
const observe = <A>(input: ObservableInput<A>): Observable<A> => from(input)

const late = (stage: string, limit = stageTimeout) =>
  new RegExp(
    `^${stage}: found no answer for ${limit} s, expected one within the stage timeout: .*raise the limit \\(--stage-timeout\\)$`,
  )

const expectLate = (error: unknown, stage: string) => {
  expect(error).toBeInstanceOf(PipelineError)
  expect(error).toMatchObject({ _tag: 'StageTimedOut', message: expect.stringMatching(late(stage)) as string })
}

/** Subscribes in virtual time, and records every event with its frame. */
const events = <A>(input$: Observable<A>) => {
  const [seen, start] = [[] as string[], asyncScheduler.now()]
  let failure: unknown
  const at = (event: string) => seen.push(`${event}@${Math.round(asyncScheduler.now() - start)}`)
  input$.subscribe({
    next: () => at('next'),
    complete: () => at('complete'),
    error: (error: unknown) => {
      failure = error
      at('error')
    },
  })
  return { seen, failure: () => failure }
}

describe('withStageTimeout', () => {
  it('limits the time of sampling between two groups, and from the last group to the end', () => {
    virtually(({ cold, expectObservable, expectSubscriptions, flush }) => {
      const steady = cold('---g------g---------|', groups)
      const { policy } = withStageTimeout({ policy: marblePolicy({ sample: () => steady }) }, { stageTimeout, clock })
      expectObservable(observe(policy.sample(aPromptBatch(), sampling))).toBe('---g------g---------|', groups)
      const stuck = cold('---g------g-------------|', groups)
      const ports = withStageTimeout({ policy: marblePolicy({ sample: () => stuck }) }, { stageTimeout, clock })
      const { seen, failure } = events(observe(ports.policy.sample({ ...aPromptBatch(), step: 7 }, sampling)))
      expectSubscriptions(stuck.subscriptions).toBe('^-------------------!')
      flush()
      expect(seen).toEqual(['next@3', 'next@10', 'error@20'])
      expectLate(failure(), 'policy.sample, step 7')
    })
  })

  it('begins again when the ports make progress that is no answer', () => {
    virtually(({ cold, flush }) => {
      const { learner } = withStageTimeout(
        { learner: fakeLearner({ update: () => cold<never>('-') }) },
        { stageTimeout, clock, progress$: cold('--------p-------p') },
      )
      const { seen, failure } = events(observe(learner.update({ ...aFilteredBatch(), step: 3 }, ppoClip())))
      flush()
      expect(seen).toEqual(['error@26'])
      expectLate(failure(), 'learner.update, step 3')
    })
  })

  it('limits the time of scoring, of the policy and of the reference, and of an update', () => {
    virtually(({ cold, expectSubscriptions, flush }) => {
      const [scoring, comparing, updating] = [cold<never>('-'), cold<never>('-'), cold<never>('-')]
      const ports = withStageTimeout(
        {
          policy: marblePolicy({ score: () => scoring }),
          reference: marblePolicy({ score: () => comparing }),
          learner: fakeLearner({ update: () => updating }),
        },
        { stageTimeout, clock },
      )
      const calls = {
        'policy.score, step 3': observe<unknown>(ports.policy.score({ ...aBatch(), step: 3 })),
        'reference.score, step 4': observe<unknown>(ports.reference.score({ ...aBatch(), step: 4 })),
        'learner.update, step 5': observe<unknown>(ports.learner.update(aFilteredBatch(5), ppoClip())),
      }
      const observed = Object.entries(calls).map(([name, call$]) => ({ name, ...events(call$) }))
      for (const { subscriptions } of [scoring, comparing, updating])
        expectSubscriptions(subscriptions).toBe('^---------!')
      flush()
      for (const { name, seen, failure } of observed) {
        expect(seen).toEqual(['error@10'])
        expectLate(failure(), name)
      }
    })
  })

  it('passes answers in time, the errors of a port, and early unsubscribing', () => {
    const lost = new Error('lost')
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const answer = cold('---------(s|)', answers)
      const open = cold<never>('-')
      const ports = withStageTimeout(
        {
          policy: marblePolicy({ score: () => answer, sample: () => open }),
          learner: fakeLearner({ update: () => throwError(() => lost) }),
        },
        { stageTimeout, clock },
      )
      expectObservable(observe(ports.policy.score(aBatch()))).toBe('---------(s|)', answers)
      expectObservable(observe(ports.learner.update(aFilteredBatch(0), ppoClip()))).toBe('#', undefined, lost)
      expectObservable(observe(ports.policy.sample(aPromptBatch(), sampling)), '^----!').toBe('-')
      expectSubscriptions(open.subscriptions).toBe('^----!')
    })
  })

  it('accepts an answer that comes in the turn of the event loop in which the limit is reached', () => {
    virtually(({ cold, expectObservable }) => {
      const { policy } = withStageTimeout(
        { policy: marblePolicy({ score: () => cold('----------(s|)', answers) }) },
        { stageTimeout, clock },
      )
      expectObservable(observe(policy.score(aBatch()))).toBe('----------(s|)', answers)
    })
  })

  it('does not count time in which its clock stands still', () => {
    virtually(({ flush }) => {
      const start = clock()
      // The clock stands still from frame 4 to frame 104.
      const paused = () => {
        const now = clock() - start
        return now < 0.004 ? now : Math.max(0.004, now - 0.1)
      }
      const ports = withStageTimeout({ policy: marblePolicy({ score: () => NEVER }) }, { stageTimeout, clock: paused })
      const { seen } = events(observe(ports.policy.score(aBatch())))
      flush()
      expect(seen).toEqual(['error@110'])
    })
  })

  it('does not count a pause of a gate before the call', () => {
    virtually(({ cold, flush }) => {
      const { hold, gatePolicy, clock: ofGate } = gate(clock)
      const limited = withStageTimeout(
        { policy: marblePolicy({ sample: () => NEVER }) },
        { stageTimeout, clock: ofGate },
      )
      const release = hold()
      const { seen } = events(observe(gatePolicy(limited.policy).sample(aPromptBatch(), sampling)))
      cold('50ms x').subscribe(release)
      flush()
      expect(seen).toEqual(['error@60'])
    })
  })

  it('does not count the time of the receiver', () => {
    virtually(({ cold, flush }) => {
      let skipped = 0
      const { policy } = withStageTimeout(
        { policy: marblePolicy({ sample: () => cold('-----g----(g|)', groups) }) },
        { stageTimeout, clock: () => clock() + skipped },
      )
      const seen: unknown[] = []
      observe(policy.sample(aPromptBatch(), sampling)).subscribe({
        next: (value) => {
          seen.push(value)
          skipped += 10
        },
        complete: () => seen.push('complete'),
      })
      flush()
      expect(seen).toEqual([group, group, 'complete'])
    })
  })

  it('waits longer than one timer can', () => {
    virtually(({ flush }) => {
      const month = 30 * 24 * 3600
      const { learner } = withStageTimeout(
        { learner: fakeLearner({ update: () => NEVER }) },
        { stageTimeout: month, clock },
      )
      const { seen } = events(observe(learner.update(aFilteredBatch(0), ppoClip())))
      flush()
      expect(seen).toEqual([`error@${1000 * month}`])
    })
  })

  it('limits a snapshot, and keeps the lock of the learner', async () => {
    const state = { version: 3 } as TrainingState
    const learner = (snapshot: Learner['snapshot']): Learner => ({ update: () => of(report), snapshot })
    const limited = (inner: Learner) =>
      withStageTimeout({ learner: inner }, { stageTimeout: 1e-3, clock: () => performance.now() / 1000 }).learner
    expect(await limited(learner(() => TE.right(state))).snapshot()()).toEqual(E.right(state))
    const refused = new CheckpointError('a', 'b', 'c')
    expect(await limited(learner(() => TE.left(refused))).snapshot()()).toEqual(E.left(refused))
    const hanging = await limited(learner(() => () => new Promise(() => undefined))).snapshot()()
    expect(hanging).toMatchObject({
      left: {
        _tag: 'CheckpointError',
        cause: { message: expect.stringMatching(late('learner.snapshot', 1e-3)) as string },
      },
    })
    const inner = learner(() => TE.right(state))
    expect(lockOf(limited(inner))).toBe(lockOf(inner))
  })

  it('leaves every other field as it is, and refuses an impossible limit', () => {
    const ports = { policy: marblePolicy({ version: 4 }), other: 1 }
    const limited = withStageTimeout(ports, { stageTimeout, clock })
    expect([Object.keys(limited), limited.policy.version]).toEqual([['policy', 'other'], 4])
    expect(() => withStageTimeout(ports, { stageTimeout: 0, clock })).toThrow(
      new RangeError('stageTimeout: found 0, expected a number > 0'),
    )
  })
})
