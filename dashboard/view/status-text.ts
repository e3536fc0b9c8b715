import type { RunState } from '../../lib/control/run-state.js'

/** Display text of a run status. */
export const statusText: Readonly<Record<RunState['status'], string>> = {
  running: 'running',
  paused: 'paused',
  stopping: 'stopping',
  finished: 'finished',
  interrupted: 'stopped',
  failed: 'failed',
}
