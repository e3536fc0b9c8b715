import { filter, takeUntil } from 'rxjs'
import { Document, isNode } from 'yaml'
import type { Dashboard } from '../../dashboard/server/open-dashboard.js'
import { entropyControl } from '../../lib/control/entropy-control.js'
import { gate } from '../../lib/control/gate.js'
import { type RunControl, runControl, type EntropyAndGate } from '../../lib/control/run-control.js'
import { isOver } from '../../lib/control/run-state.js'
import { orThrow, rightOrThrow } from '../../lib/or-throw.js'
import { namedRunFolder, nextRunFolder } from '../../lib/run/run-folder.js'
import { type EventFile, openEventFile } from '../../lib/tensorboard/event-file.js'
import { scheduleOf } from '../config/band-plan.js'
import type { PlannedConfig } from '../config/train-config.js'
import type { Flag } from '../flag.js'
import { processClock, wallClock } from '../gauges.js'
import type { Interruption } from '../interruption.js'
import { aboutRun } from '../watching/run-to-watch.js'
import { noteFarBand } from './note-far-band.js'
import type { TrainingOptions, TrainingResources } from './open-training.js'
import type { Measurement, PlannedTraining } from './plan-band.js'

/** Folder that run folders without a name of their own are created in. */
const RUNS = 'runs'

export const outFlag: Flag = {
  name: 'out',
  value: 'DIR',
  about: `run folder, which must be new or empty [${RUNS}/TASK-ALGORITHM-SEED, numbered if it exists]`,
  group: 'Files',
}

export interface RunOptions extends TrainingOptions {
  /** Run folder; undefined creates a new one under `runs`. */
  readonly out: string | undefined
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
  readonly control: Pick<RunControl, 'end'>
  /** Dashboard that shows the run; null if there is none. */
  readonly served: Dashboard | null
  /** TensorBoard event file of the run; null if none was requested. */
  readonly events: EventFile | null
}

/** Creates the run folder with its configuration, and connects Ctrl-C and the dashboard to the run. @errors FileError */
export const openRun = async (
  { config, measurement }: PlannedTraining,
  options: RunOptions,
  { listening, ...resources }: TrainingResources,
): Promise<TrainingRun> => {
  const { out, terminal, begin } = options
  const contents = configText(withUsedAdapters(config, resources.base), measurement)
  const name = `${config.task}-${config.algorithm}-${config.seed}`
  const folder = await orThrow(out === undefined ? nextRunFolder(RUNS, name, contents) : namedRunFolder(out, contents))
  terminal.progress(`run folder ${folder}\n`)
  const steering = createSteering(config)
  if (measurement === null) noteFarBand(config, steering.entropy, terminal)
  begin?.(steering, folder)
  const control = createControl(steering, resources.interruption)
  const served = listening?.serve([{ folder, about: aboutRun(folder, config), control }]) ?? null
  if (served !== null) terminal.note(`dashboard ${served.url}`)
  const events = config.tensorboard ? rightOrThrow(openEventFile(folder, wallClock)()) : null
  return { ...options, ...resources, config, measurement, folder, steering, control, served, events }
}

/** Text of `config.yaml`. A comment says what a measured band was made from. */
const configText = (config: PlannedConfig, measurement: Measurement | null): string => {
  const document = new Document(config)
  const band = document.get('band', true)
  if (measurement !== null && isNode(band))
    band.commentBefore = ` made from the measured entropy of ${measurement.entropy.toPrecision(3)} nats per token`
  return String(document)
}

/** Returns a configuration with the adapters that the run uses, whether they are new or existed before. */
const withUsedAdapters = (config: PlannedConfig, { source }: TrainingResources['base']): PlannedConfig => ({
  ...config,
  lora: source.config.lora ?? { rank: 0, alpha: null, targets: null },
})

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
    .pipe(takeUntil(control.state$.pipe(filter(isOver))))
    .subscribe(() => control.execute({ command: 'stop' }))
  return control
}
