import { listenAt, type DashboardListener } from '../../dashboard/server/open-dashboard.js'
import type { Engine } from '../../lib/compute/engine/engine.js'
import { orThrow } from '../../lib/or-throw.js'
import type { RunCheckpoint, UsedEngine } from '../../lib/run/checkpoint/run-checkpoint.js'
import type { ClaimedFolder } from '../../lib/run/claim-folder.js'
import type { Prompt } from '../../lib/rollout/prompt.js'
import type { Task } from '../../lib/task/task.js'
import type { RunDashboard } from '../config/dashboard.js'
import { openMachine } from '../config/machine.js'
import { type TrainConfig, trainDefaults } from '../config/train-config.js'
import { mathDefaults } from '../config/task-defaults.js'
import type { AdapterSettings } from '../resources/adapters.js'
import { type HeldOutCount, heldOutPrompts } from '../resources/held-out.js'
import { type NamedModel, openModel } from '../resources/open-model.js'
import { type OpenedServers, openServers } from '../resources/open-servers.js'
import { openTask } from '../resources/open-task.js'
import { handleInterruption, type Interruption } from '../interruption.js'
import type { Scope } from '../scope.js'
import type { Terminal } from '../terminal.js'
import { checkRollouts } from './check-rollouts.js'
import { claimExistingFolder, claimRunFolder } from './claim-run-folder.js'
import { closeWithin } from './close-within.js'
import { digestInputs } from './input-digests.js'
import type { Resume } from './resume-run.js'
import { checkComparison } from './compared-config.js'

/** Resources that a training configuration names. */
export interface TrainingResources {
  readonly task: Task
  /** Prompts of the test split that the model is evaluated on. */
  readonly heldOut: readonly Prompt[]
  /** Model that the run starts from. */
  readonly base: NamedModel
  readonly engine: Engine
  /** Further engines that share the work. */
  readonly replicas: readonly Engine[]
  /** Engine that was opened, for the checkpoints. */
  readonly usedEngine: UsedEngine
  /** Digests of the files that were read, for the checkpoints; none for a run that neither writes nor reads any. */
  readonly inputs: RunCheckpoint['inputs']
  /** Servers that sample or train. */
  readonly servers: OpenedServers
  readonly interruption: Interruption
  /** Folder of the run, claimed for this process. */
  readonly claimed: ClaimedFolder
  /** Server of the dashboard; null if none was requested. */
  readonly listening: DashboardListener | null
}

export interface TrainingOptions {
  readonly terminal: Terminal
  /** Run folder; undefined creates a new one under `runs`. */
  readonly out: string | undefined
  /** Run folder to resume, in place of `out`. */
  readonly resume?: Resume
  /** Dashboard at which the run is watched and steered from a browser; null or absent for none. */
  readonly dashboard?: RunDashboard | null
}

const heldOutCount = ({ task, evaluation }: TrainConfig): HeldOutCount => ({
  count: evaluation.prompts,
  preset: (task === 'math' ? mathDefaults : trainDefaults).evaluation.prompts,
  flag: '--evaluation-prompts',
})

/**
 * Opens the resources that a training configuration names: the model, the task, the held-out prompts and the engines. It
 * claims the folder of the run.
 *
 * @errors CheckpointError, ConfigError, DashboardError, DataError, FileError, PipelineError
 */
export const openTraining = async (
  config: TrainConfig,
  { terminal, out, resume, dashboard = null }: TrainingOptions,
  scope: Scope,
): Promise<TrainingResources> => {
  // The port comes first, because an occupied port is found at once, and a model can take minutes to read.
  const listening = dashboard === null ? null : scope.own(await orThrow(listenAt(dashboard)))
  // The keys come first for the same reason.
  const opened = await orThrow(openServers(config))
  const base = await orThrow(openModel(config.model, adaptersHere(config), terminal.note))
  checkRollouts(config, base.source)
  if (base.continued !== null && resume === undefined)
    terminal.note(
      `training of ${base.continued} goes on: the moments of AdamW start at 0, and the warm-up of ${config.warmup} steps starts again`,
    )
  const { task, about } = scope.own(await orThrow(openTask(config, base)))
  for (const line of about) terminal.progress(`${line}\n`)
  checkComparison(config, task, terminal)
  const heldOut = await orThrow(heldOutPrompts(task, 'test', heldOutCount(config), terminal))
  // A file may change while the run trains, so the digests are made now.
  const hasCheckpoints = config.checkpoints.every !== 0 || resume !== undefined
  const inputs = hasCheckpoints ? await digestInputs(config, base) : {}
  // The scope closes its last resource first, so signals are handled until the engines are closed.
  const interruption = scope.own(handleInterruption(terminal))
  const machine = await orThrow(openMachine(config))
  const { engine, replicas, threads, reason } = scope.own(closeWithin(machine, config.stageTimeout, terminal))
  const usedEngine = { name: engine.name, device: engine.device ?? null, threads }
  terminal.progress(`engine ${engine.name}: ${reason}\n`)
  const claimed = scope.own(
    await (resume === undefined ? claimRunFolder(config, out) : claimExistingFolder(resume.folder)),
  )
  // The servers are closed before the folder, from which they remove the published weights: a folder that is empty then is removed.
  const servers = scope.own(opened)
  return { task, heldOut, base, engine, replicas, usedEngine, inputs, servers, interruption, claimed, listening }
}

/** Settings of the adapters that train on this machine. A service that trains has adapters of its own. */
const adaptersHere = ({ adapter, lora, seed, learner }: TrainConfig): AdapterSettings =>
  learner === null ? { adapter, lora, seed } : { adapter: null, seed }
