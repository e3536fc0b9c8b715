import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bandEditText,
  type BandEdit,
  canRelease,
  ceilingOf,
  noBandEdit,
  shownPoints,
} from '#dashboard/view/band-edit.js'
import { MIN_WIDTH } from '#dashboard/view/band-points.js'
import { type BandEditEvent, reduceBandEdit } from '#dashboard/view/reduce-band-edit.js'
import { emptyView, reduceView, type RunView } from '#dashboard/view/view.js'
import { WaypointsCodec } from '#lib/codec/waypoints.js'
import type { RunCommand } from '#lib/control/run-command.js'
import type { RunState } from '#lib/control/run-state.js'
import type { Waypoint } from '#lib/rollout/band.js'
import { metricsLine, runInfo, upTo } from '../lines.js'

/** Run of 60 steps, of which some are finished. */
const runAfter = (steps: number, state: Partial<RunState> = {}): RunView =>
  [
    { event: 'runs' as const, runs: [runInfo()] },
    { event: 'state' as const, run: 0, state: { status: 'running' as const, override: null, ...state } },
    { event: 'log' as const, run: 0, log: 'metrics' as const, lines: upTo(steps, (step) => metricsLine(step)) },
  ].reduce(reduceView, emptyView).runs[0]!

const follow = (run: RunView, index = 0, beginnings = 1): BandEditEvent => ({ event: 'run', run, index, beginnings })
const after = (state: BandEdit, ...events: BandEditEvent[]): BandEdit => events.reduce(reduceBandEdit, state)
const first = after(noBandEdit, follow(runAfter(10)))

/** Commands to send: each new request of the states on the way. */
const commandsOf = (state: BandEdit, ...events: BandEditEvent[]): readonly RunCommand[] => {
  const commands: RunCommand[] = []
  let now = state
  for (const event of events) {
    const next = reduceBandEdit(now, event)
    const command = next.request?.command
    if (command !== undefined && command !== now.request?.command) commands.push(command)
    now = next
  }
  return commands
}

const grab = (nats: number, point = 2, part: 'low' | 'high' | 'band' = 'high'): BandEditEvent =>
  part === 'band'
    ? { event: 'grab band', nats, step: first.points[point]!.step + 1 }
    : { event: 'grab bound', nats, point, bound: part }
const move = (nats: number): BandEditEvent => ({ event: 'move', nats })
const key = (name: string, point = 2): BandEditEvent => ({ event: 'key', key: name, point, bound: 'high' })
const [drop, cancel, rest, release, accepted] = (['drop', 'cancel', 'keys rest', 'release', 'accepted'] as const).map(
  (event): BandEditEvent => ({ event }),
)
const refused = (reason: string): BandEditEvent => ({ event: 'refused', reason })

const steer = (command: RunCommand | undefined): readonly Waypoint[] =>
  command?.command === 'steer' ? command.points : []

describe('a drag', () => {
  test('moves its point with the pointer, and is sent when it is dropped', () => {
    const start = first.points[2]!.band
    const held = after(first, grab(0.5), move(0.52))
    expect(shownPoints(held)[2]!.band.high).toBeCloseTo(start.high + 0.02, 4)
    const [command, ...others] = commandsOf(held, drop!)
    expect(others).toEqual([])
    expect(steer(command)).toEqual(shownPoints(held))
  })

  test('of the band moves both bounds', () => {
    const start = first.points[2]!.band
    const { low, high } = shownPoints(after(first, grab(0.5, 2, 'band'), move(0.45)))[2]!.band
    expect(low).toBeCloseTo(start.low - 0.05, 4)
    expect(high).toBeCloseTo(start.high - 0.05, 4)
  })

  test('that is cancelled restores what was there before', () => {
    const typed = after(first, key('ArrowUp'))
    expect(after(typed, grab(0.5), move(0.9), cancel!).edit).toBe(typed.edit)
    expect(after(first, grab(0.5), move(0.9), cancel!)).toEqual(first)
  })

  test('is cancelled by a second pointer', () => {
    const second = after(first, grab(0.5, 1), move(0.9), grab(0.4, 3))
    expect(shownPoints(second)).toEqual(first.points)
    expect(second.drag?.point).toBe(3)
  })

  test('continues while steps finish, and is sent from the next step on', () => {
    const held = after(first, grab(0.5, 3), move(0.55))
    const later = after(held, follow(runAfter(18)))
    expect(shownPoints(later)).toEqual(shownPoints(held))
    expect(steer(commandsOf(later, drop!)[0]).map(({ step }) => step)).toEqual([18, 30, 44, 59])
  })

  test('stops at the ceiling of the points before it, which does not rise with the dragged point', () => {
    const held = after(first, grab(0.5), move(50), move(51), move(52))
    expect(shownPoints(held)[2]!.band.high).toBe(Math.max(1, ceilingOf(first.points)))
  })

  test('is not sent after the last step has begun', () => {
    const held = after(first, grab(0.5), move(0.55), follow(runAfter(60)))
    expect(commandsOf(held, drop!)).toEqual([])
    expect(bandEditText(after(held, drop!))).toBe('The last step has begun.')
  })
})

describe('keys', () => {
  test('are sent together after a pause', () => {
    const events = [key('ArrowUp'), key('PageUp'), key('ArrowDown'), key('x'), rest!, rest!]
    const commands = commandsOf(first, ...events)
    expect(commands).toHaveLength(1)
    expect(steer(commands[0])[2]!.band.high).toBeCloseTo(first.points[2]!.band.high + 0.05, 4)
  })

  test('that move nothing change nothing', () => {
    expect(reduceBandEdit(first, key('Tab'))).toBe(first)
    expect(reduceBandEdit(first, rest!)).toBe(first)
  })
})

describe('Home and End', () => {
  const key = (name: string, point: number, bound: 'low' | 'high'): BandEditEvent => ({
    event: 'key',
    key: name,
    point,
    bound,
  })

  test.each([0, 1, 2, 3, 4])(
    'move bounds of point %i to values of the plan, never to the ends of the slider',
    (point) => {
      for (const bound of ['low', 'high'] as const) {
        const values = first.points.map(({ band }) => band[bound])
        for (const name of ['Home', 'End']) {
          const { low, high } = shownPoints(after(first, key(name, point, bound)))[point]!.band
          expect(high).toBeLessThan(Math.max(...first.points.map(({ band }) => band.high)) + 1e-4)
          expect(low).toBeGreaterThan(Math.min(...first.points.map(({ band }) => band.low)) - 1e-4)
          expect(high - low).toBeGreaterThan(MIN_WIDTH - 2e-4)
          if (bound === 'high' && name === 'End') expect(high).toBeCloseTo(Math.max(...values), 3)
        }
      }
    },
  )

  test('send nothing for a bound that is there already', () => {
    expect(commandsOf(first, key('End', 0, 'high'), rest!)).toEqual([])
  })
})

describe('a request', () => {
  const sent = after(first, key('ArrowUp'), rest!)
  const points = shownPoints(sent)

  test('ends when the server has accepted it and the feed says that it holds', () => {
    expect(bandEditText(sent)).toBe('Sending …')
    const confirmed = follow(runAfter(10, { override: points }))
    expect(after(sent, confirmed).request).not.toBeNull()
    expect(bandEditText(after(sent, accepted!))).toBe('Sent; it holds from the next step on.')
    for (const events of [
      [accepted!, confirmed],
      [confirmed, accepted!],
    ]) {
      const held = after(sent, ...events)
      expect(held).toMatchObject({ request: null, edit: null, points })
      expect(canRelease(held)).toBe(true)
    }
  })

  test('keeps an edit that is made before the answer', () => {
    const typing = after(sent, key('ArrowUp'), accepted!, follow(runAfter(10, { override: points })))
    expect(typing.request).toBeNull()
    expect(shownPoints(typing)[2]!.band.high).toBeCloseTo(points[2]!.band.high + 0.01, 4)
  })

  test('that is refused restores the points, with the reason until the next request', () => {
    const back = after(sent, refused('found 2000 points'))
    expect(shownPoints(back)).toEqual(first.points)
    expect(bandEditText(after(back, follow(runAfter(11))))).toBe('Refused: found 2000 points')
    expect(bandEditText(after(back, key('ArrowDown'), rest!))).toBe('Sending …')
  })

  test('that is refused shows the reason until the feed begins again after a lost connection', () => {
    const back = after(sent, refused('the server does not answer'))
    expect(bandEditText(after(back, follow(runAfter(10))))).toBe('Refused: the server does not answer')
    expect(bandEditText(after(back, follow(runAfter(10), 0, 2)))).not.toContain('Refused')
  })

  test('is not made for points that hold already', () => {
    const steered = after(noBandEdit, follow(runAfter(10, { override: points })))
    expect(commandsOf(steered, key('ArrowUp'), key('ArrowDown'), rest!)).toEqual([])
    expect(after(steered, key('ArrowUp'), key('ArrowDown'), rest!).edit).toBeNull()
  })

  test('to release drops the edit', () => {
    expect(commandsOf(sent, release!)).toEqual([{ command: 'release' }])
    expect(after(sent, release!).edit).toBeNull()
  })
})

describe('a run', () => {
  test.each([
    ['another index', follow(runAfter(10), 1)],
    ['another name', follow({ ...runAfter(10), info: runInfo({ name: 'another' }) })],
  ])('of %s drops edit, drag, request and notice', (_, other) => {
    const busy = after(first, key('ArrowUp'), rest!, refused('no'), key('ArrowUp'), rest!, grab(0.5), move(0.6))
    expect(after(busy, other)).toEqual(after(noBandEdit, other))
    expect(commandsOf(after(busy, other), rest!, drop!)).toEqual([])
  })

  test('that takes no commands has no points, and drops the edit', () => {
    const over = after(first, key('ArrowUp'), follow(runAfter(10, { status: 'finished' })))
    expect(over).toMatchObject({ edit: null, points: [] })
    expect(bandEditText(over)).toBe('')
    expect(canRelease(over)).toBe(false)
  })
})

describe('laws', () => {
  const nats = fc.double({ min: 0, max: 2, noNaN: true })
  const point = fc.nat(first.points.length - 1)
  const part = fc.constantFrom('low' as const, 'high' as const, 'band' as const)

  test('a drag that ends where it began sends nothing', () => {
    fc.assert(
      fc.property(nats, fc.array(nats), point, part, (start, path, at, what) => {
        const events = [grab(start, at, what), ...path.map(move), move(start), drop!]
        expect(commandsOf(first, ...events)).toEqual([])
        expect(after(first, ...events)).toEqual(first)
      }),
    )
  })

  const bound = fc.constantFrom('low' as const, 'high' as const)
  const gesture = fc.oneof(
    fc.record({ event: fc.constant('grab bound' as const), nats, point: fc.nat(1), bound }),
    fc.record({ event: fc.constant('grab band' as const), nats, step: fc.nat(59) }),
    nats.map(move),
    fc.record({
      event: fc.constant('key' as const),
      key: fc.constantFrom('ArrowUp', 'ArrowLeft', 'PageDown', 'Home', 'End'),
      point: fc.nat(1),
      bound,
    }),
    fc.constantFrom(drop!, cancel!, rest!, release!, accepted!, refused('no')),
    fc.integer({ min: 10, max: 50 }).map((steps) => follow(runAfter(steps))),
  )

  test('points that are sent increase in step, from the next step on, and are bands', () => {
    fc.assert(
      fc.property(fc.array(gesture, { maxLength: 30 }), (events) => {
        events.reduce((state, event) => {
          const next = reduceBandEdit(state, event)
          for (const command of commandsOf(state, event)) {
            if (command.command !== 'steer') continue
            expect(WaypointsCodec.is(command.points)).toBe(true)
            const steps = command.points.map(({ step }) => step)
            expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b))
            expect(steps[0]).toBe(next.target!.run.logs.metrics.lines.length)
          }
          return next
        }, first)
      }),
    )
  })

  test('a refusal restores the points in force, whatever was done before', () => {
    fc.assert(
      fc.property(fc.array(gesture, { maxLength: 30 }), (events) => {
        const state = after(first, ...events, refused('no'))
        expect(shownPoints(state)).toEqual(state.points)
        expect(state.request).toBeNull()
      }),
    )
  })
})
