import { describe, expect, it } from 'vitest'
import { trainDefaults } from '#cli/config/train-config.js'
import { differingTraining } from '#cli/training/compared-config.js'

const settingsOf = (changes: object, before: object = {}) =>
  differingTraining({ ...trainDefaults, ...before }, { ...trainDefaults, ...before, ...changes }).map(
    ({ setting }) => setting,
  )

describe('differingTraining', () => {
  it.each([
    [{ algorithm: 'dapo' }, ['algorithm']],
    [{ learningRate: 1 }, ['learningRate']],
    [{ options: { minibatches: 7 } }, ['options.minibatches']],
    [{ steps: 100 }, ['steps', 'plannedSteps']],
    [{ steps: 100, plannedSteps: 200 }, ['steps']],
    [{ steps: 400 }, ['plannedSteps']],
  ] as const)('a comparison with %j trains otherwise', (changes, settings) => {
    expect(settingsOf(changes)).toEqual(expect.arrayContaining([...settings]))
  })

  it.each([
    [{}],
    [{ steps: 400, plannedSteps: 200 }],
    [{ engine: 'tfjs-wasm', threads: 2, microBatch: 3, evaluation: { prompts: 1, samples: 1, every: 0 } }],
    [{ checkpoints: { every: 1, keep: 1 }, tensorboard: true, stageTimeout: 5 }],
    [{ rollouts: ['http://elsewhere:1'] }],
    [{ learner: 'tinker+http://elsewhere:1' }],
  ])('a comparison with %j goes on', (changes) => {
    expect(settingsOf(changes)).toEqual([])
  })
})
