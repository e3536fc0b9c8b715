import * as E from 'fp-ts/lib/Either.js'
import { defer, map, type Observable, of, switchMap, tap } from 'rxjs'
import { expect, it } from 'vitest'
import { ppoClip } from '#algorithms.js'
import { CheckpointError } from '#lib/checkpoint/checkpoint-error.js'
import { gate } from '#lib/control/gate.js'
import { heldPorts } from '#lib/timing/held-ports.js'
import type { StepSeconds } from '#lib/timing/step-seconds.js'
import { aFilteredBatch, aGroup, anUpdate, marblePolicy } from '#testing.js'
import { reportOf } from '../run/reports.js'

const how = { group: 1, temperature: 1, topK: 0, topP: 1, maxTokens: 4, seed: 1 }

it('what a run is held for is no time of a stage, nor of its step', () => {
  let time = 0
  const takes = <A>(seconds: number, value: A): Observable<A> =>
    defer(() => {
      time += seconds
      return of(value)
    })
  const held = gate(() => time)
  const { policy, learner, timed } = heldPorts(
    {
      policy: { ...marblePolicy(), sample: () => takes(2, aGroup()) },
      learner: {
        update: () => takes(3, anUpdate()),
        snapshot: () => () => Promise.resolve(E.left(new CheckpointError('', '', ''))),
      },
    },
    held,
    () => 7,
  )
  const all: StepSeconds[] = []
  const release = held.hold({ updates: true })
  const step$ = (policy.sample({ step: 0, prompts: [] }, how) as Observable<unknown>).pipe(
    // Held once more, between drawing and updating.
    tap(() => (again = held.hold({ updates: true }))),
    switchMap(() => learner.update(aFilteredBatch(0), ppoClip()) as Observable<unknown>),
    map(() => reportOf(0, 0.5)),
    timed,
  )
  let again: () => void = () => undefined
  step$.subscribe(({ seconds }) => all.push(seconds))
  time += 100
  release()
  time += 1000
  again()
  expect(all).toEqual([{ step: 0, sample: 2, score: 0, update: 3, operators: 0, total: 5, residentBytes: 7 }])
})
