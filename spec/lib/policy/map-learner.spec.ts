import { EMPTY, from, of } from 'rxjs'
import { expect, it } from 'vitest'
import { gate } from '#lib/control/gate.js'
import { learnerLock, lockOf } from '#lib/policy/learner-lock.js'
import { mapLearner } from '#lib/policy/map-learner.js'
import { mapPolicy } from '#lib/policy/map-policy.js'
import { withQuarantine } from '#lib/policy/quarantine.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { timedLearner } from '#lib/timing/timed-ports.js'
import { aFilteredBatch, anUpdate, fakeLearner, marblePolicy } from '#testing.js'

const clock = () => 0

it('replaces a call, and keeps the others, the lock and the properties', () => {
  const lock = learnerLock()
  const learner = { ...fakeLearner(), scoreMethod: 'sampled' as const, finishesUpdates: true, lock }
  const mapped = mapLearner(learner, { update: () => of(anUpdate(7)) })
  expect([mapped.scoreMethod, mapped.finishesUpdates, lockOf(mapped)]).toEqual(['sampled', true, lock])
  const versions: number[] = []
  from(mapped.update(aFilteredBatch(), ppoClip())).subscribe(({ version }) => versions.push(version))
  expect(versions).toEqual([7])
  expect(learner.updates).toEqual([])
})

it('is what the wrappers of a learner use, so that stages are refused by the learner behind them', () => {
  const learner = { ...fakeLearner(), scoreMethod: 'sampled' as const }
  for (const wrapped of [
    gate(clock).gateLearner(learner),
    timedLearner(learner, clock, () => undefined),
    withQuarantine(learner, () => EMPTY),
  ])
    expect(wrapped.scoreMethod).toBe('sampled')
  for (const property of ['scoreMethod', 'finishesUpdates'])
    expect(mapLearner(fakeLearner(), {})).not.toHaveProperty(property)
})

it('mapPolicy keeps the score method of a policy', () => {
  expect(mapPolicy(marblePolicy({ scoreMethod: 'top-k' }), {}).scoreMethod).toBe('top-k')
})
