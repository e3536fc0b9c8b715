import { isOver, type RunState } from '../../lib/control/run-state.js'
import type { FeedEvent, RunInfo } from '../feed.js'

/** Runs of a feed and their states, as far as they are known. */
export interface RunStates {
  readonly runs: readonly RunInfo[]
  readonly states: ReadonlyMap<number, RunState>
}

export const noRunStates: RunStates = { runs: [], states: new Map() }

/** Returns the runs and states after an event. */
export const reduceRunStates = (before: RunStates, event: FeedEvent): RunStates => {
  if (event.event === 'runs') return { runs: event.runs, states: new Map() }
  if (event.event === 'state') return { ...before, states: new Map([...before.states, [event.run, event.state]]) }
  return before
}

/**
 * Returns what a page says when all its runs are over: how to open them again. Empty while a run is not over. The server of
 * `entrain watch` stays, so a page of it says nothing while the server answers.
 */
export const overText = ({ runs, states }: RunStates, isConnected: boolean): string => {
  if (runs.length === 0 || !runs.every(({ run }) => isOver(states.get(run) ?? running))) return ''
  if (isConnected && !runs.some(({ steerable }) => steerable)) return ''
  const [subject, object] = runs.length === 1 ? ['The run is', 'it'] : ['The runs are', 'them']
  const folders = runs.flatMap(({ folder }) => (folder === null ? [] : [quote(folder)]))
  const remedy = folders.length === 0 ? '' : ` \`entrain watch ${folders.join(' ')}\` opens ${object} again.`
  return isConnected
    ? `${subject} over. The server of this page stops soon.${remedy}`
    : `${subject} over, and the server of this page has stopped.${remedy}`
}

const running: RunState = { status: 'running', override: null }

/** Returns a path as a word of a shell. */
const quote = (path: string): string =>
  /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
