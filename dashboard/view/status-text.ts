import type { RunState } from '../../lib/control/run-state.js'

/** What people are told of a status. */
export const statusWords: Readonly<Record<RunState['status'], string>> = {
  running: 'running',
  paused: 'paused',
  stopping: 'stopping',
  finished: 'finished',
  interrupted: 'stopped',
  failed: 'failed',
}
