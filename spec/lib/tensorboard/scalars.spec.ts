import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { type StepMetrics, stepMetrics } from '#lib/run/step-metrics.js'
import { evaluationScalars, tensorboardScalars } from '#lib/tensorboard/scalars.js'
import { reportOf, skipped } from '../run/reports.js'

const valuesOf = (metrics: StepMetrics) =>
  Object.fromEntries(tensorboardScalars(metrics).map(({ tag, value }) => [tag, value]))

describe('tensorboardScalars', () => {
  it('has numbers under their names, with a slash for nested names', () => {
    const values = valuesOf(stepMetrics(reportOf(3, 0.55)))
    expect(values).toMatchObject({ version: 4, entropy: 0.55, low: 0.5, loss: -0.0125, clipFraction: 0 })
    expect(values).toMatchObject({ 'accepted/positive': 3, 'accepted/zero': 1, 'rejected/negative': 2 })
  })

  it('leaves out nulls, values that are not numbers, and the step', () => {
    const values = valuesOf(stepMetrics(reportOf(0, Number.NaN, skipped(0))))
    for (const tag of ['step', 'status', 'entropy', 'measuredChange', 'loss', 'kl', 'controller'])
      expect(values).not.toHaveProperty([tag])
    expect(values).toMatchObject({ version: 0, reward: 0.25 })
  })

  test.prop([fc.dictionary(fc.string(), fc.option(fc.double({ noNaN: true })))])(
    'has the state of a controller, for any names',
    (controller) => {
      const metrics = { ...stepMetrics(reportOf(0, 0.55)), controller }
      const remembered = tensorboardScalars(metrics).filter(({ tag }) => tag.startsWith('controller/'))
      expect(remembered).toEqual(
        Object.entries(controller)
          .filter(([, value]) => value !== null)
          .map(([name, value]) => ({ tag: `controller/${name}`, value })),
      )
    },
  )
})

describe('evaluationScalars', () => {
  const estimate = (value: number) => ({ value, low: value - 0.125, high: value + 0.125 })
  const evaluation = {
    prompts: 4,
    samples: 16,
    meanAtK: estimate(0.5),
    passAtK: {},
    majAtK: null,
    meanTokens: 7.5,
    truncated: 0.25,
  }

  it('has every number of an evaluation and its interval, with nulls left out', () => {
    expect(evaluationScalars({ ...evaluation, passAtK: { 2: estimate(0.75) } })).toEqual([
      { tag: 'evaluation/prompts', value: 4 },
      { tag: 'evaluation/samples', value: 16 },
      { tag: 'evaluation/meanAtK/value', value: 0.5 },
      { tag: 'evaluation/meanAtK/low', value: 0.375 },
      { tag: 'evaluation/meanAtK/high', value: 0.625 },
      { tag: 'evaluation/passAtK/2/value', value: 0.75 },
      { tag: 'evaluation/passAtK/2/low', value: 0.625 },
      { tag: 'evaluation/passAtK/2/high', value: 0.875 },
      { tag: 'evaluation/meanTokens', value: 7.5 },
      { tag: 'evaluation/truncated', value: 0.25 },
    ])
  })

  it('has the majority vote if there is one', () => {
    const tags = evaluationScalars({ ...evaluation, majAtK: estimate(0.5) }).map(({ tag }) => tag)
    expect(tags).toContain('evaluation/majAtK/value')
  })
})
