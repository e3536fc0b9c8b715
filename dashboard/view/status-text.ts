import type { RunState } from '../../lib/control/run-state.js'

const texts: Readonly<Record<RunState['status'], string>> = {
  running: 'running',
  paused: 'paused',
  stopping: 'stopping',
  saving: 'saving',
  finished: 'finished',
  interrupted: 'interrupted',
  failed: 'failed',
}

/** Returns the display text of the state of a run. */
export const statusText = ({ status, lastSign }: RunState): string =>
  lastSign === undefined
    ? texts[status]
    : `${texts[status]}: no sign of life since ${new Date(lastSign).toLocaleString()}`
