import { filter, takeUntil } from 'rxjs'
import { namedRunFolder, nextRunFolder } from '../lib/run/run-folder.js'
import { isOver } from '../lib/control/run-state.js'
import { type RunControl, runControl, type EntropyAndGate } from '../lib/control/run-control.js'
import { listenAt, type DashboardListener } from '../dashboard/server/open-dashboard.js'
import { openMachine } from './config/machine.js'
import type { TrainConfig } from './config/train-config.js'
import type { Place } from './dashboard-flags.js'
import { orThrow } from '../lib/or-throw.js'
import type { Flag } from './flag.js'
import { heldOut } from './held-out.js'
import { type Interruption, interruption } from './interruption.js'
import { openModel } from './open-model.js'
import { openTask } from './open-task.js'
import { aboutRun } from './run-to-watch.js'
import type { Terminal } from './terminal.js'
import { trainingRun } from './training-run.js'
import { steeringOf } from './training-steps.js'

/** Where runs go that are given no folder. */
const RUNS = 'runs'

export const outFlag: Flag = {
  name: 'out',
  value: 'DIR',
  about: `run folder, new or empty [${RUNS}/TASK-ALGORITHM-SEED, numbered]`,
  group: 'Files',
}

/** What a run of a configuration has besides it. */
export interface TrainingOptions {
  /** Its folder; a new one under `runs` unless given. */
  readonly out: string | undefined
  readonly terminal: Terminal
  /** Where the run is watched and steered from a browser; nowhere unless given. */
  readonly dashboard?: Place | null
  /** Takes hold of what moves the run, before it begins; called with the folder that it has. */
  readonly begin?: ((steering: EntropyAndGate, folder: string) => void) | undefined
}

/** Opens what a configuration names, trains, and closes it. Gives the exit code. */
export const train = async (
  config: TrainConfig,
  { out, terminal, dashboard: place = null, begin }: TrainingOptions,
): Promise<number> => {
  const listening = place === null ? null : await orThrow(listenAt(place))
  try {
    return await opened(config, { out, terminal, begin, listening })
  } finally {
    await listening?.close()
  }
}

interface Opening extends Omit<TrainingOptions, 'dashboard'> {
  readonly listening: DashboardListener | null
}

const opened = async (config: TrainConfig, { out, terminal, begin, listening }: Opening): Promise<number> => {
  const model = await orThrow(openModel(config.model, config))
  const { task, about, close: closeTask } = await orThrow(openTask(config, model))
  for (const line of about) terminal.write(`${line}\n`)
  const questions = await orThrow(heldOut(task, 'test', config.evaluation.prompts, 'evaluation.'))
  const { engine, replicas, reason, close: closeEngines } = await orThrow(openMachine(config))
  const interrupted = interruption(terminal)
  try {
    const name = `${config.task}-${config.algorithm}-${config.seed}`
    const folder = await orThrow(out === undefined ? nextRunFolder(RUNS, name) : namedRunFolder(out))
    terminal.write(`engine ${engine.name}: ${reason}\nrun folder ${folder}\n`)
    const steering = steeringOf(config)
    begin?.(steering, folder)
    const control = controlOf(steering, interrupted)
    const dashboard = listening?.serve([{ folder, about: aboutRun(folder, config), control }])
    if (dashboard !== undefined) terminal.write(`dashboard ${dashboard.url}\n`)
    return await trainingRun({
      config,
      task,
      heldOut: questions,
      base: model,
      engine,
      replicas,
      folder,
      steering,
      control,
      interrupted,
      terminal,
    })
  } finally {
    await Promise.all([closeEngines(), closeTask()])
    interrupted.release()
  }
}

/** Ctrl-C and the button that stops are one wish. */
const controlOf = (steering: EntropyAndGate, interrupted: Interruption): RunControl => {
  const stop = () => {
    if (!interrupted.asked()) interrupted.ask()
  }
  const control = runControl({ ...steering, stop })
  interrupted.stop$
    .pipe(takeUntil(control.state$.pipe(filter(isOver))))
    .subscribe(() => control.execute({ command: 'stop' }))
  return control
}
