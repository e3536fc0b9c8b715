import { describe, expect, it } from 'vitest'
import { serverNoteOf, serverRowsOf } from '#dashboard/view/server-rows.js'
import type { RunState } from '#lib/control/run-state.js'

const state: RunState = {
  status: 'running',
  override: null,
  servers: [
    { name: 'http://a', work: 'samples', state: 'ready', version: 12, tokensPerSecond: 310.4, waiting: 3 },
    { name: 'http://b', work: 'samples', state: 'away', version: 9, tokensPerSecond: 0, waiting: 0, fault: 'no route' },
    { name: 'http://c', work: 'samples', state: 'joining', version: 11, tokensPerSecond: 12, waiting: 0 },
    { name: 'http://d', work: 'trains', state: 'away', version: 12, tokensPerSecond: 0, waiting: 0 },
    { name: 'http://e', work: 'samples', state: 'returning', version: 8, tokensPerSecond: 0, waiting: 0 },
  ],
}

describe('servers on the page', () => {
  it('say in words what they do, first those that fail', () => {
    expect(serverRowsOf(state).map((row) => [row.state, row.tone, row.version, row.speed, row.waiting])).toEqual([
      ['taken out', 'bad', '9', '0', '0'],
      ['does not answer', 'bad', '12', '–', '–'],
      ['tried again', 'bad', '8', '0', '0'],
      ['alive', 'good', '12', '310', '3'],
      ['gets new weights', 'plain', '11', '12', '0'],
    ])
    expect(serverRowsOf(state).map(({ fault }) => fault)).toEqual(['no route', '', '', '', ''])
    expect(serverNoteOf(state)).toBe('2 of 5 alive, 322 tokens/s, 3 prompts waiting.')
  })

  it('have no speed after the run, and keep their last state', () => {
    const over = { ...state, status: 'failed' as const }
    expect(serverRowsOf(over).map(({ state, speed, waiting }) => [state, speed, waiting])).toEqual([
      ['taken out', '–', '–'],
      ['does not answer', '–', '–'],
      ['tried again', '–', '–'],
      ['alive', '–', '–'],
      ['gets new weights', '–', '–'],
    ])
    expect(serverNoteOf(over)).toBe('The run is over. At its end: 2 of 5 alive.')
  })

  it('are none for a run on one machine', () => {
    expect(serverRowsOf({ status: 'running', override: null })).toEqual([])
  })
})
