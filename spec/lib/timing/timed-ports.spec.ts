import * as TE from 'fp-ts/lib/TaskEither.js'
import { delay, EMPTY, NEVER, type Observable, of, throwError } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { describe, expect, it } from 'vitest'
import { CheckpointError } from '#lib/checkpoint/checkpoint-error.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import type { Learner, UpdateReport } from '#lib/policy/learner.js'
import type { Policy } from '#lib/policy/policy.js'
import type { FilteredBatch } from '#lib/rollout/batch.js'
import type { Scores } from '#lib/rollout/scores.js'
import type { RolloutGroup } from '#lib/rollout/rollout-group.js'
import { type RecordStage, timedLearner, timedPolicy } from '#lib/timing/timed-ports.js'
import { updated } from '../run/reports.js'

const sampling = { group: 1, temperature: 1, topK: 0, topP: 1, maxTokens: 4, seed: 0 }
const group = {} as RolloutGroup
const scores = {} as Scores
const batch = { step: 7 } as FilteredBatch
const report = updated(1)

const policyOf = (sample: Observable<RolloutGroup>, score: Observable<Scores> = EMPTY): Policy => ({
  version: 3,
  sample: () => sample,
  score: () => score,
})
const refused = TE.left(new CheckpointError('x', 'y', 'z'))
const learnerOf = (update: Observable<UpdateReport>): Learner => ({ update: () => update, snapshot: () => refused })

const recorder = () => {
  const laps: [number, string, number][] = []
  const record: RecordStage = (...lap) => laps.push(lap)
  return { laps, record }
}

/** Runs a marble test whose virtual milliseconds are the seconds of the clock. */
const virtually = (body: (tools: Parameters<Parameters<TestScheduler['run']>[0]>[0], clock: () => number) => void) => {
  const scheduler = new TestScheduler((found, expected) => expect(found).toEqual(expected))
  scheduler.run((tools) => body(tools, () => scheduler.now()))
}

describe('timedPolicy', () => {
  it('passes groups on and records sampling, lap by lap until it completes', () => {
    const { laps, record } = recorder()
    virtually(({ cold, expectObservable, flush }, clock) => {
      const timed = timedPolicy(policyOf(cold('--a---a--|', { a: group })), clock, record)
      expect(timed.version).toBe(3)
      expectObservable(timed.sample({ step: 5, prompts: [] }, sampling) as Observable<RolloutGroup>).toBe(
        '--a---a--|',
        {
          a: group,
        },
      )
      flush()
    })
    expect(laps).toEqual([
      [5, 'sample', 2],
      [5, 'sample', 4],
      [5, 'sample', 3],
    ])
  })

  it('starts its clock at the subscription, not at the call', () => {
    const { laps, record } = recorder()
    virtually(({ cold, expectObservable, flush }, clock) => {
      const timed = timedPolicy(policyOf(EMPTY, cold('---(s|)', { s: scores })), clock, record)
      expectObservable(timed.score(batch) as Observable<Scores>, '----------^').toBe('-------------(s|)', { s: scores })
      flush()
    })
    expect(laps).toEqual([
      [7, 'score', 3],
      [7, 'score', 0],
    ])
  })

  it('records nothing for a silent port, and passes an error on', () => {
    const { laps, record } = recorder()
    const lost = new Error('lost')
    virtually(({ expectObservable, flush }, clock) => {
      const silent = timedPolicy(policyOf(NEVER), clock, record)
      expectObservable(silent.sample({ step: 5, prompts: [] }, sampling) as Observable<RolloutGroup>, '^----!').toBe('')
      const failing = timedPolicy(policyOf(throwError(() => lost)), clock, record)
      expectObservable(failing.sample({ step: 5, prompts: [] }, sampling) as Observable<RolloutGroup>).toBe(
        '#',
        undefined,
        lost,
      )
      flush()
    })
    expect(laps).toEqual([])
  })
})

describe('timedLearner', () => {
  it('has recorded the time of an update when its report arrives', () => {
    const { laps, record } = recorder()
    const seen: number[] = []
    virtually(({ flush }, clock) => {
      const timed = timedLearner(learnerOf(of(report).pipe(delay(6))), clock, record)
      const update$ = timed.update(batch, ppoClip()) as Observable<UpdateReport>
      update$.subscribe(() => seen.push(laps.length))
      flush()
    })
    expect(seen).toEqual([1])
    expect(laps[0]).toEqual([7, 'update', 6])
  })

  it('passes the snapshot through', () => {
    expect(timedLearner(learnerOf(EMPTY), () => 0, recorder().record).snapshot()).toBe(refused)
  })
})
