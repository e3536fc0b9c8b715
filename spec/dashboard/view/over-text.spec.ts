import { describe, expect, test } from 'vitest'
import type { FeedEvent } from '#dashboard/feed.js'
import { noRunStates, overText, reduceRunStates } from '#dashboard/view/over-text.js'
import { runInfo } from '../lines.js'

const state = (run: number, status: 'running' | 'finished' | 'failed'): FeedEvent => ({
  event: 'state',
  run,
  state: { status, override: null },
})
const after = (...events: FeedEvent[]) => events.reduce(reduceRunStates, noRunStates)
const one: FeedEvent = { event: 'runs', runs: [runInfo()] }

describe('the text of a run that is over', () => {
  test('names the command that opens it again, while the server answers and afterwards', () => {
    const over = after(one, state(0, 'finished'))
    expect(overText(over, true)).toBe(
      'The run is over. The server of this page stops soon. `entrain watch runs/countdown` opens it again.',
    )
    expect(overText(over, false)).toBe(
      'The run is over, and the server of this page has stopped. `entrain watch runs/countdown` opens it again.',
    )
  })

  test('is empty while a run is not over, or not known yet', () => {
    const two: FeedEvent = { event: 'runs', runs: [runInfo(), runInfo({ run: 1 })] }
    for (const states of [noRunStates, after(one), after(one, state(0, 'running')), after(two, state(0, 'failed'))])
      for (const isConnected of [true, false]) expect(overText(states, isConnected)).toBe('')
  })

  test('is empty on a page of entrain watch while its server answers', () => {
    const watched: FeedEvent = {
      event: 'runs',
      runs: [runInfo({ steerable: false, folder: 'runs/a b' }), runInfo({ run: 1, steerable: false, folder: "it's" })],
    }
    const over = after(watched, state(0, 'finished'), state(1, 'failed'))
    expect(overText(over, true)).toBe('')
    expect(overText(over, false)).toBe(
      String.raw`The runs are over, and the server of this page has stopped. ` +
        '`' +
        String.raw`entrain watch 'runs/a b' 'it'\''s'` +
        '` opens them again.',
    )
  })

  test('is about the runs of the present connection', () => {
    expect(overText(after(one, state(0, 'finished'), one), false)).toBe('')
  })
})
