import * as TE from 'fp-ts/lib/TaskEither.js'
import { from, lastValueFrom, type Observable, of, Subject, throwError, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { CheckpointError } from '#lib/checkpoint/checkpoint-error.js'
import type { TrainingState } from '#lib/checkpoint/training-state.js'
import { initialPipelineState } from '#lib/control/pipeline-state.js'
import { checkpoint, type TrainingCheckpoint } from '#operators/checkpoint.js'
import type { StepReport } from '#lib/report/step-report.js'
import { fakeLearner, virtually } from '#testing.js'
import { reportOf } from '../lib/run/reports.js'
import { keepsTheLaws } from './laws.js'

const reports = [0, 1, 2, 3].map((step) => reportOf(step, 0.5 + step / 100))
const [a, b] = [reportOf(0, 0.5), reportOf(1, 0.51)]

/** Learner whose weights have the version of the last report that was emitted. */
const learnerAt = (version: () => number) => ({
  snapshot: () =>
    TE.right<CheckpointError, TrainingState>({
      version: version(),
      optimizerSteps: 0,
      parameters: new Map(),
      firstMoments: new Map(),
      secondMoments: new Map(),
    }),
})

const stepsOf = (states: readonly TrainingCheckpoint[]) =>
  states.map(({ pipeline, learner }) => [pipeline.step, learner.version])

describe('checkpoint', () => {
  describe('laws', () => {
    keepsTheLaws<StepReport, StepReport>({
      operator: () => checkpoint(fakeLearner(), { every: () => false, write: () => of(1) }),
      reactions: reports.map((report) => ({ input: report, outputs: [report] })),
      callbacks: {
        every: (every) => checkpoint(fakeLearner(), { every, write: () => of(1) }),
      },
    })
  })

  it('passes a step on in its frame if no checkpoint follows it', () => {
    virtually(({ cold, expectObservable, expectSubscriptions }) => {
      const reports$ = cold('-a-b-|', { a, b })
      const stage = checkpoint(fakeLearner(), { every: 3, write: () => of(1) })
      expectObservable(reports$.pipe(stage)).toBe('-a-b-|', { a, b })
      expectSubscriptions(reports$.subscriptions).toBe('^----!')
    })
  })

  it('writes the state after every n-th step, and reads the learner when the report arrives', async () => {
    let version = 0
    const source$ = new Subject<(typeof reports)[number]>()
    const states: TrainingCheckpoint[] = []
    const write = (state: TrainingCheckpoint) => Promise.resolve().then(() => states.push(state))
    const all = lastValueFrom(
      source$.pipe(
        checkpoint(
          learnerAt(() => version),
          { every: 2, write },
        ),
        toArray(),
      ),
    )
    for (const report of reports) {
      version++
      source$.next(report)
    }
    source$.complete()
    expect(await all).toEqual(reports)
    expect(stepsOf(states)).toEqual([
      [2, 2],
      [4, 4],
    ])
    expect(states[0]!.pipeline.entropy).toBe(reports[1]!.entropy.entropy)
  })

  it('passes a step on when its state is written', async () => {
    const written$ = new Subject<void>()
    const passed: number[] = []
    let begin!: () => void
    const begun = new Promise<void>((resolve) => (begin = resolve))
    const write = (): Observable<void> => {
      begin()
      return written$
    }
    const end = lastValueFrom(
      from(reports.slice(0, 2)).pipe(
        checkpoint(
          learnerAt(() => 1),
          { every: (steps) => steps === 1, write },
        ),
      ),
    )
    await begun
    expect(passed).toEqual([])
    written$.complete()
    expect(await end).toBe(reports[1])
  })

  it('counts the steps before a run was resumed', async () => {
    const states: TrainingCheckpoint[] = []
    const write = (state: TrainingCheckpoint) => of(states.push(state))
    const resumeFrom = { ...initialPipelineState, step: 2, filterMemory: { gain: 0.5 } }
    await lastValueFrom(
      from(reports.slice(2)).pipe(
        checkpoint(
          learnerAt(() => 7),
          { every: 3, write, resumeFrom },
        ),
      ),
    )
    expect(stepsOf(states)).toEqual([[3, 7]])
    expect(states[0]!.pipeline.filterMemory).toEqual({ gain: 0.5 })
  })

  it('fails with the error of the learner, and with that of the write', async () => {
    const run = (learner: Parameters<typeof checkpoint>[0], write: () => Observable<unknown>) =>
      lastValueFrom(from(reports).pipe(checkpoint(learner, { every: 1, write })))
    await expect(run(fakeLearner(), () => of(1))).rejects.toThrow('found a fake learner')
    await expect(
      run(
        learnerAt(() => 1),
        () => throwError(() => new Error('disk')),
      ),
    ).rejects.toThrow('disk')
  })

  it('refuses a number of steps that is none', () => {
    expect(() => checkpoint(fakeLearner(), { every: 0, write: () => of(1) })).toThrow(
      new RangeError('every: found 0, expected an integer >= 1'),
    )
  })
})
