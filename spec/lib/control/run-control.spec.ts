import { describe, expect, it } from 'vitest'
import type { RunCommand } from '#lib/control/run-command.js'
import type { RunState } from '#lib/control/run-state.js'
import { runControl } from '#lib/control/run-control.js'

const points = [{ step: 4, band: { low: 0.3, high: 0.4 } }]

/** What a hand did, in words, and what the control said of it. */
const handled = (...commands: readonly RunCommand[]) => {
  const done: string[] = []
  const states: RunState[] = []
  const control = runControl({
    entropy: { steer: (hand) => done.push(`steer ${JSON.stringify(hand)}`), release: () => done.push('release') },
    gate: {
      hold: () => {
        done.push('hold')
        return () => done.push('open')
      },
    },
    stop: () => done.push('stop'),
  })
  control.state$.subscribe((state) => states.push(state))
  commands.forEach(control.execute)
  return { done, states, control }
}
const say = (command: 'release' | 'pause' | 'resume' | 'stop'): RunCommand => ({ command })

describe('runControl', () => {
  it('steers by points and lets go', () => {
    expect(handled({ command: 'steer', points }, say('release'))).toMatchObject({
      done: [`steer ${JSON.stringify(points)}`, 'release'],
      states: [
        { status: 'running', override: null },
        { status: 'running', override: points },
        { status: 'running', override: null },
      ],
    })
  })

  it('pauses and resumes, each once', () => {
    const { done, states } = handled(say('resume'), say('pause'), say('pause'), say('resume'), say('resume'))
    expect(done).toEqual(['hold', 'open'])
    expect(states.map(({ status }) => status)).toEqual(['running', 'paused', 'running'])
  })

  it('keeps the band of a hand over a pause', () => {
    const { states } = handled({ command: 'steer', points }, say('pause'), say('resume'))
    expect(states.map(({ override: hand }) => hand)).toEqual([null, points, points, points])
  })

  it('stops, also what is paused, and then takes no more orders', () => {
    const { control, done, states } = handled(say('pause'), say('stop'), say('stop'))
    for (const order of [say('resume'), { command: 'steer', points } as const])
      expect(() => control.execute(order)).toThrow(new RangeError('this run is stopping'))
    expect(done).toEqual(['hold', 'stop'])
    expect(states.map(({ status }) => status)).toEqual(['running', 'paused', 'stopping'])
  })

  it('says how the run ended, and takes nothing more', () => {
    const { control, done, states } = handled(say('pause'))
    control.end('finished')
    expect(() => control.execute(say('resume'))).toThrow(new RangeError('this run is over'))
    expect(done).toEqual(['hold'])
    expect(states.map(({ status }) => status)).toEqual(['running', 'paused', 'finished'])
  })

  it('tells a late subscriber the present state', () => {
    const { control } = handled(say('pause'))
    const seen: RunState[] = []
    control.state$.subscribe((state) => seen.push(state))
    expect(seen).toEqual([{ status: 'paused', override: null }])
  })

  it('stays what it was where the points are no plan', () => {
    const states: RunState[] = []
    const control = runControl({
      entropy: {
        steer: () => {
          throw new RangeError('no plan')
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
