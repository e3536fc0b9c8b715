import { describe, expect, it } from 'vitest'
import { gae } from '#lib/advantage/gae.js'
import { type EstimatorName, estimators } from '#lib/advantage/index.js'
import { expectClose } from '../compute/reference/close.js'
import { golden } from '../objective/golden.js'

describe('estimators agree with the reference', () => {
  it('has reference numbers for every estimator', () => {
    expect([...new Set(golden.estimators.map(({ estimator }) => estimator))].sort()).toEqual(
      Object.keys(estimators).sort(),
    )
  })

  it.each(golden.estimators)('$estimator: $batch', ({ estimator: name, groups, advantages }) => {
    const estimator = estimators[name as EstimatorName].create()
    const found =
      estimator.scope === 'group'
        ? groups.map(({ rewards_G }) => estimator.advantages(rewards_G))
        : estimator.advantages(groups)
    expect(found.map((group) => group.map((value) => value === null))).toEqual(
      advantages.map((group) => group.map((value) => value === null)),
    )
    expectClose(found.flat().map(Number), advantages.flat().map(Number), 1e-10)
  })
})

describe('gae', () => {
  it.each(golden.gae)('gamma $gamma, lambda $lambda', ({ gamma, lambda, advantages_T, returns_T, ...valued }) => {
    const found = gae(valued, { gamma, lambda })
    expectClose(found.advantages_T, advantages_T, 1e-12)
    expectClose(found.returns_T, returns_T, 1e-12)
  })
  it('is refused with a value too few, and names both numbers', () => {
    expect(() => gae({ rewards_T: [1, 0], values_T: [0] })).toThrow(
      new RangeError('values_T: found 1, expected 2, one per reward'),
    )
  })
})
