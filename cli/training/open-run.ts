import { join } from 'node:path'
import { filter, takeUntil } from 'rxjs'
import { Document, isNode } from 'yaml'
import type { Dashboard } from '../../dashboard/server/open-dashboard.js'
import { entropyControl } from '../../lib/control/entropy-control.js'
import { initialPipelineState, type PipelineState } from '../../lib/control/pipeline-state.js'
import { gate } from '../../lib/control/gate.js'
import { type RunControl, runControl, type EntropyAndGate } from '../../lib/control/run-control.js'
import { isOver } from '../../lib/control/run-state.js'
import { orThrow, rightOrThrow } from '../../lib/or-throw.js'
import { removePath } from '../../lib/file/remove-path.js'
import { writeWhole } from '../../lib/file/write-whole.js'
import { writeConfig } from '../../lib/run/claim-folder.js'
import { appendDurably } from '../../lib/run/json-lines.js'
import { appendNote } from '../../lib/run/notes.js'
import { runFiles } from '../../lib/run/run-folder.js'
import { type SpareFile, spareFile } from '../../lib/run/spare-file.js'
import { type EventFile, openEventFile } from '../../lib/tensorboard/event-file.js'
import { scheduleOf } from '../config/band-plan.js'
import { type PlannedConfig, plannedSteps } from '../config/train-config.js'
import { processClock } from '../gauges.js'
import { wallClock } from '../../lib/timing/wall-clock.js'
import type { Interruption } from '../interruption.js'
import { aboutRun } from '../watching/run-to-watch.js'
import { noteFarBand } from './note-far-band.js'
import { emptyView, type RunView } from '../display/view.js'
import type { TrainingOptions, TrainingResources } from './open-training.js'
import type { PlannedTraining } from './plan-band.js'
import { type ResumedRun, ResumptionCodec } from './resumed-config.js'
import { baseEvaluation, cutBack, newStart, type RunStart } from './run-start.js'
import type { TrainedModel } from './trained-model.js'
import { summaryOf, writeSummary } from './write-summary.js'

export interface RunOptions extends TrainingOptions {
  /** Called before the first step, with the steering of the run and its folder. */
  readonly begin?: (steering: EntropyAndGate, folder: string) => void
}

/** A run that is ready to start. */
export interface TrainingRun extends Omit<TrainingResources, 'listening'>, RunOptions {
  readonly config: PlannedConfig
  /** Model that was opened before the run; null if the run opens it. */
  readonly model: TrainedModel | null
  readonly folder: string
  /** State from which the run starts. */
  readonly start: RunStart
  readonly spare: SpareFile
  readonly steering: EntropyAndGate
  readonly control: Pick<RunControl, 'save' | 'end'>
  /** Dashboard that shows the run; null if there is none. */
  readonly served: Dashboard | null
  /** TensorBoard event file of the run; null if none was requested. */
  readonly events: EventFile | null
}

/**
 * Writes the configuration and the first summary of a run, and connects Ctrl-C and the dashboard to the run. `resumed` is the
 * run that goes on; null for a new run.
 *
 * @errors CheckpointError, FileError
 */
export const openRun = async (
  planned: PlannedTraining,
  options: RunOptions,
  { listening, ...resources }: TrainingResources,
  resumed: ResumedRun | null = null,
): Promise<TrainingRun> => {
  const { config, measuredEntropy, model } = planned
  const { terminal, begin } = options
  const opened = await openFolder(resources.claimed.folder, { ...planned, ...resources }, resumed)
  const { folder, start, steering } = opened
  // A note that cannot be written is lost: nothing is left that could take it.
  terminal.lost$.subscribe((text) => appendNote(folder, text, wallClock)())
  terminal.progress(`run folder ${folder}\n`)
  if (measuredEntropy === null && resumed === null) noteFarBand(config, steering.entropy, terminal)
  begin?.(steering, folder)
  const isReleased = resumed?.releasesOverride === true
  if (isReleased) steering.entropy.release()
  const control = createControl(steering, resources.interruption, isReleased ? null : start.pipeline.override)
  const served = listening?.serve([{ folder, about: aboutRun(folder, config), control }]) ?? null
  if (served !== null) terminal.note(`dashboard ${served.url}`)
  return { ...options, ...resources, ...opened, config, model, control, served }
}

/** Parts of a run that belong to its folder. */
type OpenedFolder = Pick<TrainingRun, 'folder' | 'start' | 'spare' | 'steering' | 'events'>

/**
 * Writes the first files of a run, or what changes when it goes on, and its summary. A run that goes on is no longer `finished` before
 * its logs are cut, so that a crash in between leaves a run that is interrupted.
 *
 * @errors CheckpointError, FileError
 */
export const openFolder = async (
  folder: string,
  run: Pick<PlannedTraining, 'config' | 'measuredEntropy'> & Pick<TrainingResources, 'base' | 'engine'>,
  resumed: ResumedRun | null,
): Promise<OpenedFolder> => {
  const { config } = run
  const start = resumed?.start ?? newStart
  if (resumed === null) await writeNewConfig(folder, run)
  await writeSummary(folder, summaryOf(run, startView({ ...run, start }), 'running', baseEvaluation(start)))
  if (resumed !== null) {
    await cutBack(folder, start)
    await writeResumption(folder, resumed, configText(withUsedAdapters(config, run.base), null))
  }
  return {
    folder,
    start,
    spare: spareFile(folder),
    steering: createSteering(config, start.pipeline),
    events: openEvents(config, folder),
  }
}

const writeNewConfig = async (
  folder: string,
  {
    config,
    measuredEntropy,
    base,
  }: Pick<PlannedTraining, 'config' | 'measuredEntropy'> & Pick<TrainingResources, 'base'>,
): Promise<void> => {
  await orThrow(writeConfig(folder, configText(withUsedAdapters(config, base), measuredEntropy)))
}

/**
 * Records that a run goes on, and writes its configuration if a setting has changed. The last state of its servers is removed, because
 * it is that of the run before the interruption.
 *
 * @errors FileError
 */
const writeResumption = async (
  folder: string,
  { start, changed, changedEngine }: ResumedRun,
  config: string,
): Promise<void> => {
  await orThrow(removePath(join(folder, runFiles.servers)))
  const resumption = { step: start.pipeline.step, time: wallClock(), changed: [...changed, ...changedEngine] }
  await orThrow(appendDurably(join(folder, runFiles.resumptions), ResumptionCodec.encode(resumption)))
  if (changed.length > 0) await orThrow(writeWhole(join(folder, runFiles.config), config))
}

/** View of a run before its first step, or before the first step that it makes after it was resumed. */
export const startView = ({ config, engine, start }: Pick<TrainingRun, 'config' | 'engine' | 'start'>): RunView => ({
  ...emptyView(`${config.algorithm} on ${config.task}, seed ${config.seed}, engine ${engine.name}`, config.steps),
  history: start.history,
})

/** Text of `config.yaml`. A comment says what a measured band was made from. */
const configText = (config: PlannedConfig, measuredEntropy: number | null): string => {
  const document = new Document(config)
  const band = document.get('band', true)
  if (measuredEntropy !== null && isNode(band))
    band.commentBefore = ` made from the measured entropy of ${measuredEntropy.toPrecision(3)} nats per token`
  return String(document)
}

/**
 * Returns a configuration with the adapters that the run uses, whether they are new or existed before. Those of a service that
 * trains are not known here.
 */
export const withUsedAdapters = (config: PlannedConfig, { source }: TrainingResources['base']): PlannedConfig =>
  config.learner === null ? { ...config, lora: source.config.lora ?? { rank: 0, alpha: null, targets: null } } : config

const openEvents = ({ tensorboard }: PlannedConfig, folder: string): EventFile | null =>
  tensorboard ? rightOrThrow(openEventFile(folder, wallClock)()) : null

/** Creates the band and the gate of a run, as its configuration plans them. */
export const createSteering = (
  config: PlannedConfig,
  { override }: PipelineState = initialPipelineState,
): EntropyAndGate => ({
  entropy: entropyControl(scheduleOf(config.band, plannedSteps(config)), override),
  gate: gate(processClock),
})

/** Joins Ctrl-C and the stop button of the dashboard: each of them stops the run, and both see that it stops. */
const createControl = (
  steering: EntropyAndGate,
  interruption: Interruption,
  override: PipelineState['override'],
): RunControl => {
  const stop = () => {
    if (!interruption.isRequested()) interruption.request()
  }
  const control = runControl({ ...steering, stop }, override)
  interruption.stop$
    .pipe(takeUntil(control.state$.pipe(filter((state) => state.status === 'saving' || isOver(state)))))
    .subscribe(() => control.execute({ command: 'stop' }))
  return control
}
