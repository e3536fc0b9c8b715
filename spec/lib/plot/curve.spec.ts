import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { curvesBySeed, curvesOf, points, samples, smoothSamples } from '#lib/plot/curve.js'
import { curveOf, runOf } from './runs.js'

const entropy = samples((step) => step.entropy)

describe('points', () => {
  it('of one run are its values by the number of the step, without an error', () => {
    expect(points(curveOf(runOf('a', [0.5, Number.NaN])), entropy)).toEqual([
      { curve: 'a', step: 1, value: 0.5, low: null, high: null },
      { curve: 'a', step: 2, value: null, low: null, high: null },
    ])
  })

  it('of several runs are means and standard errors, up to the longest run', () => {
    const runs = [runOf('a-1', [0.25, 0.5, Number.NaN]), runOf('a-2', [0.75, 0.5])]
    expect(points({ name: 'a', runs }, entropy)).toEqual([
      { curve: 'a', step: 1, value: 0.5, low: 0.25, high: 0.75 },
      { curve: 'a', step: 2, value: 0.5, low: 0.5, high: 0.5 },
      { curve: 'a', step: 3, value: null, low: null, high: null },
    ])
  })

  it('of smoothed values are means of the smoothed runs', () => {
    const runs = [runOf('a-1', [1, 3]), runOf('a-2', [2, 6])]
    expect(
      points(
        { name: 'a', runs },
        smoothSamples((step) => step.entropy),
      ),
    ).toEqual([
      { curve: 'a', step: 1, value: 3, low: 2, high: 4 },
      { curve: 'a', step: 2, value: 3, low: 2, high: 4 },
    ])
  })

  it('has no values for a field that a log lacks', () => {
    const [run] = [runOf('a', [1])]
    const steps = run.steps.map(({ step, entropy: value, low, high }) => ({ step, entropy: value, low, high }))
    expect(
      points(
        curveOf({ ...run, steps }),
        samples((step) => step.kl),
      ),
    ).toMatchObject([{ step: 1, value: null }])
  })
})

describe('curvesBySeed', () => {
  const configured = (name: string, config: Readonly<Record<string, unknown>>) => ({
    folder: `runs/${name}`,
    run: runOf(name, [0.5]),
    config,
  })
  const named = (...runs: Parameters<typeof curvesBySeed>[0]) => {
    const curves = curvesBySeed(runs)
    return E.isLeft(curves) ? curves : curves.right.map(({ name, runs: of }) => [name, of.map((run) => run.name)])
  }

  it('groups runs that differ only in their seed, for any order of fields', () => {
    expect(
      named(
        configured('grpo-1', { seed: 1, band: { low: 1, high: 2 }, steps: 3 }),
        configured('nsr-1', { seed: 1, band: { low: 1, high: 2 }, steps: 4 }),
        configured('grpo-2', { steps: 3, band: { high: 2, low: 1 }, seed: 2 }),
      ),
    ).toEqual([
      ['grpo (mean ± s.e., 2 seeds)', ['grpo-1', 'grpo-2']],
      ['nsr-1', ['nsr-1']],
    ])
  })

  it.each([
    [['grpo-1', 'grpo-10'], 'grpo'],
    [['grpo-seed1', 'grpo-seed2'], 'grpo'],
    [['a', 'b'], 'a + b'],
  ])('calls %j %s', ([first, second], name) => {
    expect(named(configured(first!, { seed: 1 }), configured(second!, { seed: 2 }))).toEqual([
      [`${name} (mean ± s.e., 2 seeds)`, [first, second]],
    ])
  })

  it('uses full names for configurations whose common names are equal', () => {
    const runs = [1, 2, 3, 4].map((seed) => configured(`run-${seed}`, { seed, steps: seed < 3 ? 1 : 2 }))
    expect(named(...runs)).toEqual([
      ['run-1 + run-2', ['run-1', 'run-2']],
      ['run-3 + run-4', ['run-3', 'run-4']],
    ])
  })

  it('rejects the same run twice, because its standard error would be wrong', () => {
    expect(curvesBySeed([configured('a', { seed: 1 }), configured('b', { seed: 1 })])).toMatchObject(
      E.left({ place: 'runs/b', found: 'the configuration and the seed 1 of runs/a', expected: 'another seed' }),
    )
  })
})

it('curvesOf names each curve after its run', () => {
  expect(curvesOf([runOf('a', []), runOf('b', [])]).map(({ name }) => name)).toEqual(['a', 'b'])
})
