import { describe, expect, it } from 'vitest'
import type { RunCommand } from '#lib/control/run-command.js'
import type { RunState } from '#lib/control/run-state.js'
import { runControl } from '#lib/control/run-control.js'

const points = [{ step: 4, band: { low: 0.3, high: 0.4 } }]

/** Executes commands; returns the calls of the ports and the published states. */
const executeAll = (...commands: readonly RunCommand[]) => {
  const calls: string[] = []
  const states: RunState[] = []
  const control = runControl({
    entropy: {
      steer: (override) => calls.push(`steer ${JSON.stringify(override)}`),
      release: () => calls.push('release'),
    },
    gate: {
      hold: () => {
        calls.push('hold')
        return () => calls.push('open')
      },
    },
    stop: () => calls.push('stop'),
  })
  control.state$.subscribe((state) => states.push(state))
  commands.forEach(control.execute)
  return { calls, states, control }
}
const plain = (command: 'release' | 'pause' | 'resume' | 'stop'): RunCommand => ({ command })

describe('runControl', () => {
  it('steers by waypoints and releases', () => {
    expect(executeAll({ command: 'steer', points }, plain('release'))).toMatchObject({
      calls: [`steer ${JSON.stringify(points)}`, 'release'],
      states: [
        { status: 'running', override: null },
        { status: 'running', override: points },
        { status: 'running', override: null },
      ],
    })
  })

  it('pauses once and resumes once', () => {
    const { calls, states } = executeAll(
      plain('resume'),
      plain('pause'),
      plain('pause'),
      plain('resume'),
      plain('resume'),
    )
    expect(calls).toEqual(['hold', 'open'])
    expect(states.map(({ status }) => status)).toEqual(['running', 'paused', 'running'])
  })

  it('keeps the override over a pause', () => {
    const { states } = executeAll({ command: 'steer', points }, plain('pause'), plain('resume'))
    expect(states.map(({ override }) => override)).toEqual([null, points, points, points])
  })

  it('stops a paused run, and then refuses commands', () => {
    const { control, calls, states } = executeAll(plain('pause'), plain('stop'), plain('stop'))
    for (const command of [plain('resume'), { command: 'steer', points } as const])
      expect(() => control.execute(command)).toThrow(new RangeError('this run is stopping'))
    expect(calls).toEqual(['hold', 'stop'])
    expect(states.map(({ status }) => status)).toEqual(['running', 'paused', 'stopping'])
  })

  it('publishes how the run ended, and then refuses commands', () => {
    const { control, calls, states } = executeAll(plain('pause'))
    control.end('finished')
    expect(() => control.execute(plain('resume'))).toThrow(new RangeError('this run is over'))
    expect(calls).toEqual(['hold'])
    expect(states.map(({ status }) => status)).toEqual(['running', 'paused', 'finished'])
  })

  it('publishes that the results are being saved, and refuses commands', () => {
    const { control, calls, states } = executeAll(plain('stop'))
    control.save()
    for (const command of [plain('resume'), plain('stop')])
      expect(() => control.execute(command)).toThrow(new RangeError('this run is saving its results'))
    expect(calls).toEqual(['stop'])
    expect(states.map(({ status }) => status)).toEqual(['running', 'stopping', 'saving'])
  })

  it('emits the current state on subscription', () => {
    const { control } = executeAll(plain('pause'))
    const seen: RunState[] = []
    control.state$.subscribe((state) => seen.push(state))
    expect(seen).toEqual([{ status: 'paused', override: null }])
  })

  it('does not change its state when the waypoints are refused', () => {
    const states: RunState[] = []
    const control = runControl({
      entropy: {
        steer: () => {
          throw new RangeError('no band')
        },
        release: () => undefined,
      },
      gate: { hold: () => () => undefined },
      stop: () => undefined,
    })
    control.state$.subscribe((state) => states.push(state))
    expect(() => control.execute({ command: 'steer', points: [] })).toThrow(RangeError)
    expect(states).toEqual([{ status: 'running', override: null }])
  })
})
