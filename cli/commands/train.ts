import { loadTrainConfig } from '../config/load-train-config.js'
import { requestedDashboard } from '../config/dashboard.js'
import type { TrainConfig } from '../config/train-config.js'
import type { Command } from '../command.js'
import { orThrow, rightOrThrow } from '../../lib/or-throw.js'
import type { FlagValues } from '../parse-flags.js'
import { withScope } from '../scope.js'
import type { Terminal } from '../terminal.js'
import { compareRun } from '../training/compare-run.js'
import { exitCodes } from '../exit.js'
import { endIfTakenOver } from '../training/end-if-taken-over.js'
import { planBand } from '../training/plan-band.js'
import { openServed } from '../training/open-served.js'
import { openTraining } from '../training/open-training.js'
import { reportResult } from '../training/report-result.js'
import { isComplete, openResumed, planResume } from '../training/resume-run.js'
import { stayForPages } from '../training/stay-for-pages.js'
import { runTraining } from '../training/run-training.js'
import { openRun, type RunOptions } from '../training/open-run.js'
import { resumeFlag, trainDescription } from './train-description.js'

/** Trains a model by reinforcement learning and shows the run live. */
export const trainCommand: Command = {
  ...trainDescription,
  keepsResults: true,
  run: async (flags, _words, terminal) => {
    const folder = flags.get(resumeFlag.name)
    if (folder !== undefined) return resume(folder, flags, terminal)
    const dashboard = rightOrThrow(requestedDashboard(flags))
    const config = await orThrow(loadTrainConfig(flags, terminal.note))
    return train(config, { out: flags.get('out'), terminal, dashboard })
  },
}

/** Goes on with a run from its newest checkpoint, or from that of --from. Returns the exit code. */
export const resume = async (folder: string, flags: FlagValues, terminal: Terminal): Promise<number> => {
  const dashboard = rightOrThrow(requestedDashboard(flags))
  const { config, resume } = await planResume(folder, flags)
  if (resume.from === null && (await isComplete(folder, config))) {
    terminal.note(`${folder}: the run has finished its ${config.steps} steps; --steps N makes more`)
    return exitCodes.done
  }
  return train(config, { out: undefined, terminal, dashboard, resume })
}

/** Opens the resources of a configuration, plans its band, trains, reports the result, and closes them when no page is open. Returns the exit code. */
export const train = (config: TrainConfig, options: RunOptions): Promise<number> =>
  withScope(async (scope) => {
    const resources = await openTraining(config, options, scope)
    const resumed = await openResumed(config, options, resources)
    const planned = await planBand(config, options, resources)
    if (planned === null) return resources.interruption.exitCode()
    const run = await openRun(await openServed(planned, options, resources, resumed), options, resources, resumed)
    if (run.events !== null) scope.own(run.events)
    endIfTakenOver(run)
    const result = await compareRun(run, await runTraining(run))
    const code = reportResult(run, result)
    // The run is over, so its folder is free while the dashboard stays.
    await run.claimed.lock.release()
    await stayForPages(run)
    return code
  })
