import { join } from 'node:path'
import { filter, takeUntil } from 'rxjs'
import { Document, isNode } from 'yaml'
import type { Dashboard } from '../../dashboard/server/open-dashboard.js'
import { entropyControl } from '../../lib/control/entropy-control.js'
import { gate } from '../../lib/control/gate.js'
import { type RunControl, runControl, type EntropyAndGate } from '../../lib/control/run-control.js'
import { isOver } from '../../lib/control/run-state.js'
import { orThrow, rightOrThrow } from '../../lib/or-throw.js'
import { claimNamedFolder, writeConfig } from '../../lib/run/claim-folder.js'
import { runFiles } from '../../lib/run/run-folder.js'
import { type EventFile, openEventFile } from '../../lib/tensorboard/event-file.js'
import { scheduleOf } from '../config/band-plan.js'
import type { PlannedConfig } from '../config/train-config.js'
import { processClock, wallClock } from '../gauges.js'
import type { Interruption } from '../interruption.js'
import type { Scope } from '../scope.js'
import { aboutRun } from '../watching/run-to-watch.js'
import { noteFarBand } from './note-far-band.js'
import { emptyView, type RunView } from '../display/view.js'
import type { TrainingOptions, TrainingResources } from './open-training.js'
import type { Measurement, PlannedTraining } from './plan-band.js'
import { summaryOf, writeSummary } from './write-summary.js'

export interface RunOptions extends TrainingOptions {
  /** Called before the first step, with the steering of the run and its folder. */
  readonly begin?: (steering: EntropyAndGate, folder: string) => void
}

/** A run that is ready to start. */
export interface TrainingRun extends Omit<TrainingResources, 'listening'>, RunOptions {
  readonly config: PlannedConfig
  /** Measurement that the band was made from; null if the configuration gave the band. */
  readonly measurement: Measurement | null
  readonly folder: string
  readonly steering: EntropyAndGate
  readonly control: Pick<RunControl, 'save' | 'end'>
  /** Dashboard that shows the run; null if there is none. */
  readonly served: Dashboard | null
  /** TensorBoard event file of the run; null if none was requested. */
  readonly events: EventFile | null
}

/** Writes the configuration and the first summary of a run, and connects Ctrl-C and the dashboard to the run. @errors FileError */
export const openRun = async (
  { config, measurement }: PlannedTraining,
  options: RunOptions,
  { listening, ...resources }: TrainingResources,
): Promise<TrainingRun> => {
  const { terminal, begin } = options
  const { folder } = resources.claimed
  await writeFirstFiles(folder, { config, measurement, ...resources })
  terminal.progress(`run folder ${folder}\n`)
  const steering = createSteering(config)
  if (measurement === null) noteFarBand(config, steering.entropy, terminal)
  begin?.(steering, folder)
  const control = createControl(steering, resources.interruption)
  const served = listening?.serve([{ folder, about: aboutRun(folder, config), control }]) ?? null
  if (served !== null) terminal.note(`dashboard ${served.url}`)
  const events = openEvents(config, folder)
  return { ...options, ...resources, config, measurement, folder, steering, control, served, events }
}

/** Writes the files that tell from the beginning that a folder is that of a run, and that it is running. */
const writeFirstFiles = async (
  folder: string,
  run: PlannedTraining & Pick<TrainingResources, 'base' | 'engine'>,
): Promise<void> => {
  await orThrow(writeConfig(folder, configText(withUsedAdapters(run.config, run.base), run.measurement)))
  await writeSummary(folder, summaryOf(run, startView(run), 'running', null))
}

/** View of a run before its first step. */
export const startView = ({ config, engine }: Pick<TrainingRun, 'config' | 'engine'>): RunView =>
  emptyView(`${config.algorithm} on ${config.task}, seed ${config.seed}, engine ${engine.name}`, config.steps)

/** Text of `config.yaml`. A comment says what a measured band was made from. */
const configText = (config: PlannedConfig, measurement: Measurement | null): string => {
  const document = new Document(config)
  const band = document.get('band', true)
  if (measurement !== null && isNode(band))
    band.commentBefore = ` made from the measured entropy of ${measurement.entropy.toPrecision(3)} nats per token`
  return String(document)
}

/**
 * Creates the folder of the run that a run is compared with, inside the folder of that run. Both have the same resources.
 * Commands of the dashboard do not reach it.
 *
 * @errors FileError
 */
export const openComparison = async (run: TrainingRun, config: PlannedConfig, scope: Scope): Promise<TrainingRun> => {
  const claimed = scope.own(await orThrow(claimNamedFolder(join(run.folder, runFiles.comparison), wallClock)))
  const { folder } = claimed
  await writeFirstFiles(folder, { ...run, config })
  const control = { save: () => undefined, end: () => undefined }
  const events = openEvents(config, folder)
  if (events !== null) scope.own(events)
  return {
    ...run,
    config,
    measurement: null,
    claimed,
    folder,
    steering: createSteering(config),
    control,
    served: null,
    events,
  }
}

/** Returns a configuration with the adapters that the run uses, whether they are new or existed before. */
const withUsedAdapters = (config: PlannedConfig, { source }: TrainingResources['base']): PlannedConfig => ({
  ...config,
  lora: source.config.lora ?? { rank: 0, alpha: null, targets: null },
})

const openEvents = ({ tensorboard }: PlannedConfig, folder: string): EventFile | null =>
  tensorboard ? rightOrThrow(openEventFile(folder, wallClock)()) : null

/** Creates the band and the gate of a run, as its configuration plans them. */
export const createSteering = ({ band, steps }: PlannedConfig): EntropyAndGate => ({
  entropy: entropyControl(scheduleOf(band, steps)),
  gate: gate(processClock),
})

/** Joins Ctrl-C and the stop button of the dashboard: each of them stops the run, and both see that it stops. */
const createControl = (steering: EntropyAndGate, interruption: Interruption): RunControl => {
  const stop = () => {
    if (!interruption.isRequested()) interruption.request()
  }
  const control = runControl({ ...steering, stop })
  interruption.stop$
    .pipe(takeUntil(control.state$.pipe(filter((state) => state.status === 'saving' || isOver(state)))))
    .subscribe(() => control.execute({ command: 'stop' }))
  return control
}
