import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FeedEvent } from '#dashboard/feed.js'
import { planPoints } from '#dashboard/server/plan-points.js'
import { bandPlanOf, planThrough } from '#dashboard/view/band-plan.js'
import {
  dropPastPoints,
  boundLimits,
  MIN_WIDTH,
  moveBand,
  moveBound,
  nearestPoint,
  pointsOf,
} from '#dashboard/view/band-points.js'
import { emptyView, type RunView, reduceView } from '#dashboard/view/view.js'
import { piecewiseBand } from '#lib/entropy/schedule/piecewise.js'
import type { Waypoint } from '#lib/rollout/band.js'
import { WaypointsCodec } from '#lib/codec/waypoints.js'
import { bandAt, metricsLine, runInfo, upTo } from '../lines.js'

const runOf = (info: Parameters<typeof runInfo>[0], ...events: FeedEvent[]): RunView =>
  [{ event: 'runs' as const, runs: [runInfo(info)] }, ...events].reduce(reduceView, emptyView).runs[0]!

const point = (step: number, low: number, high: number): Waypoint => ({ step, band: { low, high } })
const override = [point(10, 0.2, 0.3), point(20, 0.4, 0.6)]
const stepsOf = (points: readonly Waypoint[]) => points.map(({ step }) => step)

describe('the band to come', () => {
  test('is what the configuration plans', () => {
    const plan = bandPlanOf(runOf({}))
    expect(plan.override).toBeNull()
    expect([0, 30, 59, 80].map(plan.at)).toEqual([bandAt(0), bandAt(30), bandAt(59), bandAt(59)])
  })

  test('is the override in force', () => {
    const plan = bandPlanOf(runOf({}, { event: 'state', run: 0, state: { status: 'running', override } }))
    expect(plan.at(15)).toEqual(piecewiseBand(override)(15))
  })

  const steered = (points: readonly Waypoint[] | null, step: number) => metricsLine(step, { steered: points })
  const log = (...lines: ReturnType<typeof metricsLine>[]): FeedEvent => ({
    event: 'log',
    run: 0,
    log: 'metrics',
    lines,
  })

  test('is the last override in the log, for a run that is only watched', () => {
    const lines = [steered(null, 0), steered(override, 1), steered(null, 2)]
    expect(bandPlanOf(runOf({ steerable: false }, log(...lines))).override).toBe(override)
    expect(bandPlanOf(runOf({ steerable: false }, log(...lines, steered([], 3)))).override).toBeNull()
    expect(bandPlanOf(runOf({ steerable: true }, log(...lines))).override).toBeNull()
  })

  test('exists for a run without steps', () => {
    expect(bandPlanOf(runOf({ planned: 0, band: [] })).at(0)).toEqual({ low: 0, high: 0 })
  })
})

describe('the points of a band', () => {
  test('are the next step, the corners of the plan, and the last step', () => {
    const band = upTo(
      60,
      piecewiseBand([point(0, 0.5, 0.6), point(20, 0.3, 0.4), point(40, 0.4, 0.5), point(59, 0.4, 0.5)]),
    )
    const plan = planThrough(planPoints(band, 60, 128), null)
    expect(stepsOf(pointsOf(plan, 5, 60))).toEqual([5, 20, 40, 59])
    expect(stepsOf(pointsOf(plan, 20, 60))).toEqual([20, 40, 59])
    expect(pointsOf(plan, 5, 60)[0]).toEqual({ step: 5, band: plan.at(5) })
  })

  test('of a smooth plan are the quarters of the run', () => {
    const cosine = upTo(101, (step) => ({
      low: 0.3 + 0.2 * Math.cos(step / 40),
      high: 0.6 + 0.2 * Math.cos(step / 40),
    }))
    expect(stepsOf(pointsOf(planThrough(planPoints(cosine, 101, 128), null), 3, 101))).toEqual([3, 25, 50, 75, 100])
    const line = upTo(101, (step) => ({ low: 0.5 - step / 1000, high: 0.6 - step / 1000 }))
    expect(stepsOf(pointsOf(planThrough(planPoints(line, 101, 128), null), 60, 101))).toEqual([60, 75, 100])
  })

  test('of an override are its own', () => {
    expect(stepsOf(pointsOf(planThrough([], override), 12, 60))).toEqual([12, 20, 59])
  })

  test('are one at the last step, and none later', () => {
    expect(stepsOf(pointsOf(planThrough([], override), 59, 60))).toEqual([59])
    expect(pointsOf(planThrough([], override), 60, 60)).toEqual([])
  })
})

describe('a moved point', () => {
  const points = [point(5, 0.3, 0.4), point(20, 0.5, 0.7)]

  test('moves to the value', () => {
    expect(moveBound(points, 1, 'high', 0.81234567, 1)).toEqual([points[0], point(20, 0.5, 0.8123)])
    expect(moveBand(points, 0, 0.1, 1)).toEqual([point(5, 0.4, 0.5), points[1]])
  })

  test('stops before the other bound, at zero and at the ceiling', () => {
    expect(moveBound(points, 0, 'low', 0.9, 1)[0]).toEqual(point(5, 0.39, 0.4))
    expect(moveBound(points, 0, 'high', 0.1, 1)[0]).toEqual(point(5, 0.3, 0.31))
    expect(moveBound(points, 0, 'low', -1, 1)[0]).toEqual(point(5, 0, 0.4))
    expect(moveBound(points, 0, 'high', 5, 1)[0]).toEqual(point(5, 0.3, 1))
    expect(moveBand(points, 0, -1, 1)[0]).toEqual(point(5, 0, 0.1))
    expect(moveBand(points, 0, 5, 1)[0]).toEqual(point(5, 0.9, 1))
  })

  test('of a band of one number opens it', () => {
    expect(moveBound([point(0, 0.3, 0.3)], 0, 'high', 0.3, 1)).toEqual([point(0, 0.3, 0.31)])
  })

  const nats = fc.double({ min: 0, max: 3, noNaN: true })
  const band = fc.tuple(nats, nats).map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) }))
  const plan = fc
    .uniqueArray(fc.nat(500), { minLength: 1, maxLength: 6 })
    .chain((steps) =>
      fc
        .array(band, { minLength: steps.length, maxLength: steps.length })
        .map((bands) => steps.toSorted((a, b) => a - b).map((step, i) => ({ step, band: bands[i]! }))),
    )
  const wild = fc.double({ min: -10, max: 10, noNaN: true })
  const move = fc.record({ at: fc.nat(5), what: fc.constantFrom('low', 'high', 'both'), value: wild })

  test('stays a band, and the other points stay the same, after any moves', () => {
    fc.assert(
      fc.property(plan, fc.array(move, { minLength: 1, maxLength: 30 }), (first, moves) => {
        let points: readonly Waypoint[] = first
        for (const { at, what, value } of moves) {
          const i = at % points.length
          const before = points
          points = what === 'both' ? moveBand(points, i, value, 4) : moveBound(points, i, what, value, 4)
          const { low, high } = points[i]!.band
          expect(low).toBeGreaterThanOrEqual(0)
          expect(high).toBeGreaterThanOrEqual(low)
          if (what !== 'both' && before[i]!.band.high >= MIN_WIDTH) expect(high - low).toBeGreaterThan(MIN_WIDTH - 2e-4)
          expect(points.filter((_, j) => j !== i)).toEqual(before.filter((_, j) => j !== i))
        }
        expect(WaypointsCodec.is(points)).toBe(true)
      }),
    )
  })

  test('stays inside its limits', () => {
    fc.assert(
      fc.property(band, fc.constantFrom('low' as const, 'high' as const), wild, (band, bound, value) => {
        const { min, max } = boundLimits(band, bound, 4)
        const moved = moveBound([{ step: 0, band }], 0, bound, value, 4)[0]!.band[bound]
        expect(moved).toBeGreaterThanOrEqual(min)
        expect(moved).toBeLessThanOrEqual(max)
      }),
    )
  })

  test('gives the same band when past points are dropped', () => {
    fc.assert(
      fc.property(plan, fc.nat(600), (points, next) => {
        const later = dropPastPoints(points, next)
        expect(later[0]!.step).toBe(next)
        expect(WaypointsCodec.is(later)).toBe(true)
        for (const step of [next, next + 1, next + 7, 700]) {
          const [after, before] = [piecewiseBand(later)(step), piecewiseBand(points)(step)]
          expect(after.low).toBeCloseTo(before.low, 9)
          expect(after.high).toBeCloseTo(before.high, 9)
        }
      }),
    )
  })

  test('is the nearest to a step', () => {
    expect([0, 12, 13, 90].map((step) => nearestPoint(points, step))).toEqual([0, 0, 1, 1])
  })
})
