/** Commands that a page of the dashboard sends. */
import { constantBand } from '../../../lib/entropy/schedule/constant.js'
import { createDashboardApp } from '../../../dashboard/server/app.js'
import { DashboardError } from '../../../dashboard/server/dashboard-error.js'
import { createViewers } from '../../../dashboard/server/viewers.js'
import { watchRun } from '../../../dashboard/server/watched-run.js'
import { entropyControl } from '../../../lib/control/entropy-control.js'
import { runControl } from '../../../lib/control/run-control.js'
import { NEVER } from 'rxjs'
import { bytesOfJson, type Decode, type FuzzDecoders } from '../fuzz-decoder.js'

const band = { low: 0.4, high: 0.5 }
const token = 'a token of the fuzz bench'

/** Starts a dashboard without a port, whose run can be steered. It throws the errors that the dashboard answers with. */
const openCommands = (folder: string): Decode => {
  const schedule = constantBand(band)
  const request = (input: Uint8Array) => {
    // Each input has a run of its own, because a run that is stopped refuses every further command.
    const control = runControl({
      entropy: entropyControl(schedule),
      gate: { hold: () => () => undefined },
      stop: () => undefined,
    })
    const run = { folder, about: { name: 'run', heading: 'a run', planned: 10, band: schedule }, control }
    const app = createDashboardApp({
      runs: [watchRun(run)],
      page: new Map(),
      token,
      hosts: null,
      closing$: NEVER,
      viewers: createViewers(NEVER),
    })
    return app.request('/api/runs/0/commands', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: new Uint8Array(input),
    })
  }
  return async (input) => {
    const answer = await request(input)
    if (answer.status === 204) return
    const { error } = (await answer.json()) as { readonly error?: unknown }
    if (answer.status >= 500 || typeof error !== 'string' || error === '')
      throw new Error(`status ${answer.status}: ${String(error)}`)
    throw new DashboardError('command', error, 'a command')
  }
}

export const dashboardDecoders: FuzzDecoders = {
  command: {
    about: 'a command of a page of the dashboard, over HTTP',
    form: 'json',
    weight: 2,
    samples: () =>
      Promise.resolve(
        [
          {
            command: 'steer',
            points: [
              { step: 0, band },
              { step: 8, band: { low: 0.1, high: 0.3 } },
            ],
          },
          { command: 'release' },
          { command: 'pause' },
          { command: 'resume' },
          { command: 'stop' },
        ].map(bytesOfJson),
      ),
    open: (folder) => Promise.resolve(openCommands(folder)),
  },
}
