import { describe, expect, it } from 'vitest'
import { claims } from '#bench/paper/claims.js'
import { isFulfilled } from '#bench/paper/judge-prediction.js'
import { scoreDifference, twoThirds } from '#bench/paper/measures.js'
import { nameOfRun, scheduleOfRun } from '#bench/paper/plan.js'
import type { RunRecord } from '#bench/paper/record.js'
import { distinctPlans, type StudyRun, studyRuns } from '#bench/paper/runs.js'
import { partNames, type Scale, scales } from '#bench/paper/scale.js'
import { entropySlope, meanScore, measureTracking, select, type Study } from '#bench/paper/study.js'
import { isAbove, isBelow, isWithin } from '#bench/paper/verdict.js'
import { formatResults, judgeClaims } from '#bench/paper/report.js'
import { aPlan, aRecord } from './synthetic.js'

const studyOf = (runs: readonly StudyRun[], records: readonly RunRecord[]): Study => ({
  scale: scales.full,
  runs,
  records: new Map(records.map((record) => [nameOfRun(record.plan), record])),
})

/** Parts with two seeds each. */
const twice = (parts: Scale['parts']): Scale['parts'] =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, { ...part, seeds: 2 }])) as Scale['parts']

/** Quick study with two seeds whose runs all have a record: entropy in the middle of the band, and a number of right samples per question. */
const completeStudy = (
  rightOf: (run: StudyRun) => number = () => 8,
  distanceOf: (run: StudyRun) => number = () => 0,
): Study => {
  const runs = studyRuns({ ...scales.quick, parts: twice(scales.quick.parts) }, partNames)
  const records = runs.map((run) => {
    const bandAt = scheduleOfRun(run.plan)
    const middleAt = (step: number) => (bandAt(step).low + bandAt(step).high) / 2
    return aRecord(
      run.plan,
      (step) => middleAt(step) + distanceOf(run),
      () => rightOf(run),
    )
  })
  return studyOf(runs, records)
}

const verdictOf = (study: Study, id: string) => claims.find((claim) => claim.id === id)!.judge(study)

describe.each(['full', 'quick'] as const)('the runs of the %s study', (name) => {
  const runs = studyRuns(scales[name], partNames)

  it('have a name for each distinct plan', () => {
    const names = new Map(runs.map(({ plan }) => [nameOfRun(plan), plan]))
    for (const { plan } of runs) expect(names.get(nameOfRun(plan))).toEqual(plan)
  })

  it('are shared by the parts that need them', () => {
    expect(distinctPlans(runs).size).toBeLessThan(runs.length)
  })

  it('have evaluations whose counts are one digit, and an evaluation at two thirds of a comparison', () => {
    for (const { plan } of runs) {
      expect(plan.evaluation?.samples ?? 0).toBeLessThanOrEqual(35)
      if (plan.evaluation !== null && plan.steps > plan.evaluation.every)
        expect(twoThirds({ plan } as RunRecord) % plan.evaluation.every).toBe(0)
    }
  })
})

describe('tracking of the band', () => {
  it('counts the steps strictly inside, after the first ten', () => {
    const plan = aPlan({ band: { schedule: 'constant', from: { low: 0.5, high: 0.6 } }, steps: 30 })
    const { inside, below, above, distance } = measureTracking(
      aRecord(plan, (step) => (step < 10 ? 2 : step < 15 ? 0.49 : step < 20 ? 0.61 : 0.55)),
    )
    expect([inside, below, above]).toEqual([0.5, 0.25, 0.25])
    expect(distance).toBeCloseTo(Math.sqrt((10 * 0.06 ** 2) / 20), 12)
  })
})

describe('the slope of the entropy', () => {
  it('is that of a line, in nats per 100 steps, and leaves out the steps without a measurement', () => {
    const line = aRecord(aPlan({ steps: 30 }), (step) => 0.6 - 0.003 * step)
    const holes = { ...line, entropy: line.entropy.map((value, step) => (step % 7 === 3 ? null : value)) }
    expect(entropySlope(line)).toBeCloseTo(-0.3, 12)
    expect(entropySlope(holes)).toBeCloseTo(-0.3, 12)
  })
})

describe('a prediction about an algorithm', () => {
  const slope = (perStep: number) => aRecord(aPlan({ steps: 40 }), (step) => 0.55 + perStep * step)
  const none = () => []

  it('that entropy falls, or rises, holds if it does in every run', () => {
    expect(isFulfilled({ entropy: 'falls' }, [slope(-0.001), slope(-0.002)], none)).toBe(true)
    expect(isFulfilled({ entropy: 'falls' }, [slope(-0.001), slope(0.002)], none)).toBe(false)
    expect(isFulfilled({ entropy: 'rises' }, [slope(0.001)], none)).toBe(true)
    expect(isFulfilled({ entropy: 'rises' }, [slope(0.001), slope(-0.001)], none)).toBe(false)
  })

  it('that entropy falls more slowly compares with the mean of the other algorithm', () => {
    const prediction = { entropy: 'falls more slowly', than: 'grpo' } as const
    const others = (name: string) => (name === 'grpo' ? [slope(-0.003), slope(-0.001)] : [])
    expect(isFulfilled(prediction, [slope(-0.0015)], others)).toBe(true)
    expect(isFulfilled(prediction, [slope(-0.0015), slope(-0.0025)], others)).toBe(false)
    expect(isFulfilled(prediction, [slope(0.001)], others)).toBe(false)
  })

  it('that entropy holds a target reads the last quarter of the run', () => {
    const late = aRecord(aPlan({ steps: 40 }), (step) => (step < 30 ? 2 : 0.54))
    expect(isFulfilled({ entropy: 'holds', target: 0.5 }, [late], none)).toBe(true)
    expect(isFulfilled({ entropy: 'holds', target: 0.4 }, [late], none)).toBe(false)
  })

  it('that entropy holds the band needs nine tenths of the steps inside', () => {
    const plan = aPlan({ band: { schedule: 'constant', from: { low: 0.5, high: 0.6 } }, steps: 30 })
    const outside = (steps: number) => aRecord(plan, (step) => (step < 30 - steps ? 0.55 : 0.7))
    expect(isFulfilled({ entropy: 'holds the band' }, [outside(2)], none)).toBe(true)
    expect(isFulfilled({ entropy: 'holds the band' }, [outside(3)], none)).toBe(false)
  })
})

describe('a difference of two arms', () => {
  it('is paired by seed: a seed that one arm lacks does not count', () => {
    const run = (arm: string, seed: number): StudyRun => ({
      part: 'methods',
      arm,
      rate: 1,
      plan: aPlan({ seed, filter: arm === 'a' ? 'sign' : 'everything' }),
    })
    const runs = [run('a', 1), run('a', 2), run('b', 1), run('b', 2)]
    const right = [8, 16, 4]
    const study = studyOf(
      runs,
      runs.slice(0, 3).map(({ plan }, i) => aRecord(plan, undefined, () => right[i]!)),
    )
    expect(select(study, { part: 'methods', arm: 'a' })).toHaveLength(2)
    const { value } = scoreDifference(study, { part: 'methods', arm: 'a' }, { part: 'methods', arm: 'b' }, meanScore)
    expect(value).toBe(0.25)
  })
})

describe('a verdict', () => {
  const estimate = (low: number, high: number) => ({ value: (low + high) / 2, low, high })

  it('is held or not held if the whole interval is on one side, and undecided otherwise', () => {
    expect([estimate(0.1, 0.2), estimate(-0.2, -0.1), estimate(-0.1, 0.1)].map((each) => isAbove(each, 0))).toEqual([
      'held',
      'not held',
      'undecided',
    ])
    expect([estimate(0.1, 0.2), estimate(-0.2, -0.1), estimate(-0.1, 0.1)].map((each) => isBelow(each, 0))).toEqual([
      'not held',
      'held',
      'undecided',
    ])
    expect(
      [estimate(-0.01, 0.01), estimate(0.03, 0.05), estimate(0.01, 0.05)].map((each) => isWithin(each, 0.02)),
    ).toEqual(['held', 'not held', 'undecided'])
  })

  it('is undecided without runs', () => {
    const study = studyOf(studyRuns(scales.full, partNames), [])
    expect(new Set(judgeClaims(study).map(({ outcome }) => outcome))).toEqual(new Set(['undecided']))
  })

  it('is undecided with one seed, whatever its figures are', () => {
    const runs = studyRuns(scales.quick, partNames)
    const one = studyOf(
      runs,
      runs.map(({ plan, arm }) => aRecord(plan, undefined, () => (arm.endsWith('calibrated') ? 16 : 1))),
    )
    expect(verdictOf(one, 'O5a')).toEqual({ outcome: 'undecided', figures: '+0.938' })
  })

  it('follows the records', () => {
    const better = completeStudy(({ arm }) => (arm.endsWith('calibrated') ? 12 : 8))
    expect(verdictOf(better, 'O5a').outcome).toBe('held')
    const worse = completeStudy(({ arm }) => (arm.endsWith('calibrated') ? 7 : 8))
    expect(verdictOf(worse, 'O5a').outcome).toBe('not held')
    expect(verdictOf(worse, 'P2').outcome).toBe('held')
  })

  it('on the band needs every cell: one algorithm outside is enough to refute', () => {
    const holding = (broken: string) => completeStudy(undefined, ({ arm }) => (arm === broken ? 0.06 : 0.01))
    expect(verdictOf(holding('none'), 'O1').outcome).toBe('held')
    expect(verdictOf(holding('gspo'), 'O1').outcome).toBe('not held')
  })
})

it('claims have ids of their own, and the results have every verdict and table', () => {
  expect(new Set(claims.map(({ id }) => id)).size).toBe(claims.length)
  const study = completeStudy()
  const text = formatResults(study, judgeClaims(study))
  for (const { id } of claims) expect(text).toContain(`| ${id} |`)
  for (const heading of [
    'Verdicts',
    'The long comparison',
    'Where each law holds',
    'Every algorithm',
    'Schedules',
    'Cost',
  ])
    expect(text).toContain(`## ${heading}`)
  expect(text).not.toContain('NaN')
})
