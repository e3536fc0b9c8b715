import { filter, takeUntil } from 'rxjs'
import { stringify } from 'yaml'
import { entropyControl } from '../../lib/control/entropy-control.js'
import { gate } from '../../lib/control/gate.js'
import { type RunControl, runControl, type EntropyAndGate } from '../../lib/control/run-control.js'
import { isOver } from '../../lib/control/run-state.js'
import { orThrow } from '../../lib/or-throw.js'
import { namedRunFolder, nextRunFolder } from '../../lib/run/run-folder.js'
import { scheduleOf } from '../config/band-plan.js'
import type { TrainConfig } from '../config/train-config.js'
import type { Flag } from '../flag.js'
import { processClock } from '../gauges.js'
import type { Interruption } from '../interruption.js'
import { aboutRun } from '../watching/run-to-watch.js'
import type { TrainingOptions, TrainingResources } from './open-training.js'

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
export interface TrainingRun extends Omit<TrainingResources, 'engineReason' | 'listening'>, RunOptions {
  readonly config: TrainConfig
  readonly folder: string
  readonly steering: EntropyAndGate
  readonly control: Pick<RunControl, 'end'>
}

/** Creates the run folder with its configuration, and connects Ctrl-C and the dashboard to the run. @errors FileError */
export const openRun = async (
  config: TrainConfig,
  options: RunOptions,
  { engineReason, listening, ...resources }: TrainingResources,
): Promise<TrainingRun> => {
  const { out, terminal, begin } = options
  const contents = stringify(config)
  const name = `${config.task}-${config.algorithm}-${config.seed}`
  const folder = await orThrow(out === undefined ? nextRunFolder(RUNS, name, contents) : namedRunFolder(out, contents))
  terminal.progress(`engine ${resources.engine.name}: ${engineReason}\nrun folder ${folder}\n`)
  const steering = createSteering(config)
  begin?.(steering, folder)
  const control = createControl(steering, resources.interruption)
  const dashboard = listening?.serve([{ folder, about: aboutRun(folder, config), control }])
  if (dashboard !== undefined) terminal.note(`dashboard ${dashboard.url}`)
  return { ...options, ...resources, config, folder, steering, control }
}

/** Creates the band and the gate of a run, as its configuration plans them. */
export const createSteering = ({ band, steps }: TrainConfig): EntropyAndGate => ({
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
