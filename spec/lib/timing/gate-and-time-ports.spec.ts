import * as E from 'fp-ts/lib/Either.js'
import { defer, map, type Observable, of, switchMap, tap } from 'rxjs'
import { expect, it } from 'vitest'
import { ppoClip } from '#algorithms.js'
import { CheckpointError } from '#lib/checkpoint/checkpoint-error.js'
import { gate } from '#lib/control/gate.js'
import { gateAndTimePorts } from '#lib/timing/gate-and-time-ports.js'
import type { StepSeconds } from '#lib/timing/step-seconds.js'
import { aFilteredBatch, aGroup, anUpdate, marblePolicy } from '#testing.js'
import { reportOf } from '../run/reports.js'

const sampling = { group: 1, temperature: 1, topK: 0, topP: 1, maxTokens: 4, seed: 1 }

it('time spent waiting at the gate is part of no stage and of no step', () => {
  let time = 0
  const takes = <A>(seconds: number, value: A): Observable<A> =>
    defer(() => {
      time += seconds
      return of(value)
    })
  const runGate = gate(() => time)
  const { policy, learner, timeSteps } = gateAndTimePorts(
    {
      policy: { ...marblePolicy(), sample: () => takes(2, aGroup()) },
      learner: {
        update: () => takes(3, anUpdate()),
        snapshot: () => () => Promise.resolve(E.left(new CheckpointError('', '', ''))),
      },
    },
    runGate,
    () => 7,
  )
  const all: StepSeconds[] = []
  const release = runGate.hold({ updates: true })
  const step$ = (policy.sample({ step: 0, prompts: [] }, sampling) as Observable<unknown>).pipe(
    // A second hold, between sampling and update.
    tap(() => (endSecondHold = runGate.hold({ updates: true }))),
    switchMap(() => learner.update(aFilteredBatch(0), ppoClip()) as Observable<unknown>),
    map(() => reportOf(0, 0.5)),
    timeSteps,
  )
  let endSecondHold: () => void = () => undefined
  step$.subscribe(({ seconds }) => all.push(seconds))
  time += 100
  release()
  time += 1000
  endSecondHold()
  expect(all).toEqual([{ step: 0, sample: 2, score: 0, update: 3, operators: 0, total: 5, residentBytes: 7 }])
})
