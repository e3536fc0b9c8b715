import { NEVER, of, throwError } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { PipelineError } from '#lib/pipeline-error.js'
import { gate } from '#lib/control/gate.js'
import { learnerLock, lockOf } from '#lib/policy/learner-lock.js'
import { timedLearner } from '#lib/timing/timed-ports.js'
import { aFilteredBatch, fakeLearner } from '#testing.js'
import type { Observable } from 'rxjs'

const outcomeOf = (stream$: Observable<unknown>) => {
  const seen: unknown[] = []
  stream$.subscribe({
    next: (value) => seen.push(value),
    error: (error: unknown) => seen.push(error instanceof PipelineError ? error._tag : (error as Error).message),
    complete: () => seen.push('end'),
  })
  return seen
}

describe('learnerLock', () => {
  it('serves one run at a time, and the next after it has ended in any way', () => {
    const lock = learnerLock()
    const first = lock.run(NEVER).subscribe()
    expect(outcomeOf(lock.run(of(1)))).toEqual(['AlreadyRunning'])
    first.unsubscribe()
    expect(outcomeOf(lock.run(of(1)))).toEqual([1, 'end'])
    expect(outcomeOf(lock.run(throwError(() => new Error('broken'))))).toEqual(['broken'])
    expect(outcomeOf(lock.run(of(2)))).toEqual([2, 'end'])
  })

  it('can start again inside the handler of the end', () => {
    const lock = learnerLock()
    const seen: unknown[] = []
    lock.run(throwError(() => new Error('broken'))).subscribe({ error: () => seen.push(...outcomeOf(lock.run(of(1)))) })
    lock.run(of(2)).subscribe({ complete: () => seen.push(...outcomeOf(lock.run(of(3)))) })
    expect(seen).toEqual([1, 'end', 3, 'end'])
  })

  it('makes one update at a time', () => {
    const lock = learnerLock()
    const first = lock.update(aFilteredBatch(0), NEVER).subscribe()
    expect(outcomeOf(lock.update(aFilteredBatch(1), of(1)))).toEqual(['AlreadyRunning'])
    expect(outcomeOf(lock.run(of(1)))).toEqual(['AlreadyRunning'])
    first.unsubscribe()
    expect(outcomeOf(lock.update(aFilteredBatch(1), of(1)))).toEqual([1, 'end'])
  })

  it('makes the updates of the run during a run, also with a copy of its batch, and no other', () => {
    const lock = learnerLock()
    const [own, other] = [aFilteredBatch(0), aFilteredBatch(0)]
    const run = lock.run(NEVER).subscribe()
    lock.admit(own)
    expect(outcomeOf(lock.update({ ...own }, of(1)))).toEqual([1, 'end'])
    expect(outcomeOf(lock.update(other, of(1)))).toEqual(['AlreadyRunning'])
    run.unsubscribe()
    expect(outcomeOf(lock.update(other, of(1)))).toEqual([1, 'end'])
  })
})

describe('lockOf', () => {
  it('is one lock for a learner and for its wrappers', () => {
    const learner = fakeLearner()
    const lock = lockOf(learner)
    expect(lockOf(learner)).toBe(lock)
    expect(lockOf(gate(() => 0).gateLearner(learner))).toBe(lock)
    expect(
      lockOf(
        timedLearner(
          learner,
          () => 0,
          () => undefined,
        ),
      ),
    ).toBe(lock)
    expect(lockOf({ ...fakeLearner(), lock })).toBe(lock)
    expect(lockOf(fakeLearner())).not.toBe(lock)
  })
})
