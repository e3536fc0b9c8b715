import { fc, test } from '@fast-check/vitest'
import { asyncScheduler, defer, from, map, mergeMap, of, timer } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { describe, expect, it } from 'vitest'
import { grpo } from '#lib/advantage/grpo.js'
import { slots } from '#lib/control/slots.js'

import { ppoClip } from '#lib/objective/ppo-clip.js'
import type { Policy } from '#lib/policy/policy.js'
import type { StepReport } from '#lib/report/step-report.js'
import { stepMetrics } from '#lib/run/step-metrics.js'
import type { RolloutGroup } from '#lib/rollout/rollout-group.js'
import { trainingPipeline } from '#pipelines/training-pipeline.js'
import { anUpdate, aPrompt, fakeLearner, fixedVerifier, marblePolicy } from '#testing.js'

/** Durations in virtual milliseconds. */
interface Speeds {
  /** Time of sampling the group of a prompt, which starts when its step gets a place. */
  readonly sample: (step: number, index: number) => number
  readonly update: number
}

interface Run extends Speeds {
  readonly steps: number
  readonly inFlight: number
  readonly maxStaleness?: number
  /** Number of steps that are sampled at the same time. Default: as many as are in flight. */
  readonly places?: number
}

const PROMPTS = 3
const GROUP = 2

/** Runs a pipeline whose ports take virtual time. Completions carry the version of the weights at the start of their sampling. */
const run = ({ sample, update, steps, inFlight, maxStaleness, places = inFlight }: Run) => {
  const weights = { version: 0 }
  const place = slots(places)
  const marbles = marblePolicy({
    sample: (groups) =>
      place(
        defer(() => {
          const { version } = weights
          return from(Object.values(groups)).pipe(
            mergeMap((group) => timer(sample(group.step, group.index)).pipe(map(() => withVersion(group, version)))),
          )
        }),
      ),
    score: (scores) => of({ ...scores, version: weights.version }),
  })
  const policy: Policy = {
    sample: (prompts, sampling) => marbles.sample(prompts, sampling),
    score: (batch, temperature) => marbles.score(batch, temperature),
    get version() {
      return weights.version
    },
  }
  const learner = fakeLearner({ update: () => timer(update).pipe(map(() => anUpdate(++weights.version))) })
  const ports = {
    policy,
    learner,
    verifier: fixedVerifier(({ tokens }) => (tokens.length === 2 ? 1 : -1)),
    rewardScale: 'signed' as const,
    prompts: Array.from({ length: PROMPTS * steps }, (_, n) => aPrompt(`${n}`)),
  }
  const reports: StepReport[] = []
  let end = NaN
  new TestScheduler(() => undefined).run(({ flush }) => {
    const start = asyncScheduler.now()
    trainingPipeline({ estimator: grpo(), objective: ppoClip() })(ports, {
      band: () => ({ low: 0, high: 9 }),
      sampling: { group: GROUP, maxTokens: 2, seed: 0 },
      demand: { prompts: PROMPTS, inFlight },
      ...(maxStaleness === undefined ? {} : { maxStaleness }),
    }).subscribe({ next: (report) => reports.push(report), complete: () => (end = asyncScheduler.now() - start) })
    flush()
  })
  return { reports, end, issued: marbles.sampled.flatMap(({ prompts }) => prompts).length }
}

const withVersion = (group: RolloutGroup, version: number): RolloutGroup => ({
  ...group,
  completions: group.completions.map((completion) => ({ ...completion, version })),
})

/** Groups of which responses were measured. */
const trainedGroups = ({ accepted, rejected, excluded, failures }: StepReport): number =>
  (sumOf(accepted) + sumOf(rejected) + excluded + failures) / GROUP
const sumOf = ({ positive, zero, negative }: StepReport['accepted']): number => positive + zero + negative

describe('generation during the update', () => {
  it.each([
    ['as long as the update', 10, 10],
    ['three times as long', 30, 10],
    ['a third as long', 10, 30],
  ])('takes the time of the slower one: sampling %s', (_, sample, update) => {
    const speeds = { sample: () => sample, update, steps: 100, places: 1 }
    const sequential = run({ ...speeds, inFlight: 1 })
    const overlapped = run({ ...speeds, inFlight: 2 })
    expect(sequential.end).toBe(100 * (sample + update))
    expect(overlapped.end).toBe(100 * Math.max(sample, update) + Math.min(sample, update))
  })

  it('is at least 1.8 times as fast when sampling and update are equally long, with no completion older than 1 update', () => {
    const speeds = { sample: () => 10, update: 10, steps: 50 }
    const { end, reports } = run({ ...speeds, inFlight: 2, maxStaleness: 1 })
    expect(run({ ...speeds, inFlight: 1 }).end / end).toBeGreaterThan(1.8)
    expect(reports.map(({ staleGroups }) => staleGroups)).toEqual(reports.map(() => 0))
    expect(reports.map(({ staleness }) => staleness.max)).toEqual(reports.map((_, step) => Math.min(step, 1)))
  })
})

describe('maximum staleness', () => {
  const anyRun = fc.record({
    inFlight: fc.integer({ min: 1, max: 6 }),
    maxStaleness: fc.nat(4),
    update: fc.integer({ min: 1, max: 40 }),
    times: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 5, maxLength: 5 }),
  })

  test.prop([anyRun])('bounds the age of what trains, and accounts for every prompt', ({ times, ...speeds }) => {
    const sample = (step: number, index: number) => times[(7 * step + index) % times.length]!
    const steps = 12
    const { reports, issued } = run({ ...speeds, sample, steps })
    expect(reports.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, step) => step))
    expect(issued).toBe(PROMPTS * steps)
    for (const report of reports) {
      expect(trainedGroups(report) + report.staleGroups).toBe(PROMPTS)
      expect(report.staleness.max > Math.min(speeds.maxStaleness, speeds.inFlight - 1)).toBe(false)
    }
    if (speeds.maxStaleness >= speeds.inFlight - 1)
      expect(reports.every(({ staleGroups }) => staleGroups === 0)).toBe(true)
  })

  it('drops what is too old, reports the step without an update if nothing is left, and goes on', () => {
    const { reports } = run({ sample: () => 1, update: 10, steps: 8, inFlight: 4, maxStaleness: 1 })
    expect(reports.map(({ staleGroups }) => staleGroups)).toEqual([0, 0, 3, 3, 0, 0, 3, 3])
    expect(reports[2]).toMatchObject({
      outcome: { status: 'skipped', version: 2, reason: 'nothing-accepted' },
      staleness: { mean: NaN, max: NaN },
    })
    expect(stepMetrics(reports[2]!)).toMatchObject({ staleGroups: 3, staleness: null, stalenessMax: null })
    expect(stepMetrics(reports[1]!)).toMatchObject({ staleGroups: 0, staleness: 1, stalenessMax: 1 })
  })

  it('counts a dropped group neither as degenerate nor as a failure', () => {
    const { reports } = run({ sample: () => 1, update: 10, steps: 3, inFlight: 3, maxStaleness: 1 })
    expect(reports[2]).toMatchObject({ staleGroups: 3, zeroVarianceGroups: 0, failures: 0, discardedGroups: 0 })
  })

  it('refuses a negative number', () => {
    expect(() => run({ sample: () => 1, update: 1, steps: 1, inFlight: 1, maxStaleness: -1 })).toThrow(
      'maxStaleness: found -1, expected an integer >= 0',
    )
  })
})
