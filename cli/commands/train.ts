import { loadTrainConfig } from '../config/load-train-config.js'
import { requestedDashboard } from '../config/dashboard.js'
import type { TrainConfig } from '../config/train-config.js'
import type { Command } from '../command.js'
import { orThrow, rightOrThrow } from '../../lib/or-throw.js'
import { withScope } from '../scope.js'
import { compareRun } from '../training/compare-run.js'
import { exitCodes } from '../exit.js'
import { endIfTakenOver } from '../training/end-if-taken-over.js'
import { planBand } from '../training/plan-band.js'
import { openTraining } from '../training/open-training.js'
import { reportResult } from '../training/report-result.js'
import { stayForPages } from '../training/stay-for-pages.js'
import { runTraining } from '../training/run-training.js'
import { openRun, type RunOptions } from '../training/open-run.js'
import { trainDescription } from './train-description.js'

/** Trains a model by reinforcement learning and shows the run live. */
export const trainCommand: Command = {
  ...trainDescription,
  keepsResults: true,
  run: async (flags, _words, terminal) => {
    const dashboard = rightOrThrow(requestedDashboard(flags))
    const config = await orThrow(loadTrainConfig(flags, terminal.note))
    return train(config, { out: flags.get('out'), terminal, dashboard })
  },
}

/** Opens the resources of a configuration, plans its band, trains, reports the result, and closes them when no page is open. Returns the exit code. */
export const train = (config: TrainConfig, options: RunOptions): Promise<number> =>
  withScope(async (scope) => {
    const resources = await openTraining(config, options, scope)
    const planned = await planBand(config, options, resources)
    if (planned === null) return resources.interruption.exitCode()
    const run = await openRun(planned, options, resources)
    if (run.events !== null) scope.own(run.events)
    endIfTakenOver(run)
    const result = await compareRun(run, await runTraining(run))
    const code = reportResult(run, result)
    // The run is over, so its folder is free while the dashboard stays.
    await run.claimed.lock.release()
    await stayForPages(run)
    return code
  })
