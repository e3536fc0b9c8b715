import { expect, test } from 'vitest'
import { trainDefaults } from '#cli/config/train-config.js'
import { defaults } from '../../playground/choices.js'
import { regime } from '../../playground/regime.js'

test('the playground trains as `entrain train` does', () => {
  const { algorithm, band, seed, steps, prompts, group, maxTokens, learningRate, warmup } = trainDefaults
  expect(defaults).toEqual({
    algorithm,
    ...band,
    schedule: undefined,
    seed,
    steps,
    prompts,
    engine: 'fastest',
  })
  expect(regime).toMatchObject({ group, maxTokens, learningRate, warmup })
})
