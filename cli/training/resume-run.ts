import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { orThrow } from '../../lib/or-throw.js'
import { runFiles } from '../../lib/run/run-folder.js'
import { readSummary } from '../../lib/run/summary.js'
import { ConfigError } from '../config/config-error.js'
import { loadTrainConfig } from '../config/load-train-config.js'
import type { TrainConfig } from '../config/train-config.js'
import type { Flag } from '../flag.js'
import type { FlagValues } from '../parse-flags.js'
import { runConfigFile } from '../watching/run-to-watch.js'
import { comparedConfig } from './compared-config.js'
import { configBefore } from './config-before.js'
import { checkInputs } from './input-digests.js'
import type { TrainingOptions, TrainingResources } from './open-training.js'
import {
  changedEngine,
  changedSettings,
  isBandChangedSince,
  resumedConfig,
  type ResumedRun,
  ResumptionCodec,
} from './resumed-config.js'
import { checkpointToResume, readLog, startFrom } from './run-start.js'

/** Run to resume. */
export interface Resume {
  readonly folder: string
  /** Step of the checkpoint to go on from; null for the newest one. */
  readonly from: number | null
  /** Configuration that the run had at the checkpoint. */
  readonly before: TrainConfig
}

export const fromFlag: Flag = {
  name: 'from',
  value: 'STEP',
  about: 'step of the checkpoint to go on from [the newest one that is intact]; `entrain checkpoints RUN` lists them',
  group: 'Files',
}

/** Flags that name the settings or the folder of a new run. */
export const flagsOfNewRuns: readonly string[] = ['config', 'out']

/**
 * Returns the configuration that a run goes on with, and what to resume: the file of the run, and over it the flags. Both may differ
 * from the configuration that the run had.
 *
 * @errors ConfigError: no run folder, or a setting that a resumed run cannot change; CheckpointError
 */
export const planResume = async (
  folder: string,
  flags: FlagValues,
): Promise<{ readonly config: TrainConfig; readonly resume: Resume }> => {
  const other = flagsOfNewRuns.find((name) => flags.has(name))
  if (other !== undefined)
    throw new ConfigError([`--${other}: found it beside a run to resume, which has its own, expected one or the other`])
  const file = await orThrow(runConfigFile(folder))
  const from = stepIn(flags)
  const before = await orThrow(configBefore(folder, from ?? Infinity))
  const now = await orThrow(loadTrainConfig(new Map([...flags, ['config', file]])))
  return { config: resumedConfig(before, now), resume: { folder, from, before } }
}

const stepIn = (flags: FlagValues): number | null => {
  const text = flags.get(fromFlag.name)
  if (text === undefined) return null
  const step = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(step) || step < 1)
    throw new ConfigError([`--from: found ${text}, expected an integer >= 1`])
  return step
}

/** Returns whether a run has done all that its configuration asks for. */
export const isComplete = async (folder: string, config: TrainConfig): Promise<boolean> => {
  const summary = await readSummary(join(folder, runFiles.summary))()
  if (E.isLeft(summary) || summary.right.status !== 'finished' || summary.right.steps < config.steps) return false
  const { compared } = summary.right
  return comparedConfig(config) === null || (compared?.status === 'finished' && compared.algorithm === config.compare)
}

/**
 * Finds the state from which a run goes on, and checks that its files are those that it has read before. It changes no file of the
 * run. Returns null for a new run.
 *
 * @errors ConfigError for a file that has changed, and for fewer steps than are done; CheckpointError, FileError
 */
export const openResumed = async (
  config: TrainConfig,
  { resume, terminal }: Pick<TrainingOptions, 'resume' | 'terminal'>,
  { inputs, usedEngine }: Pick<TrainingResources, 'inputs' | 'usedEngine'>,
): Promise<ResumedRun | null> => {
  if (resume === undefined) return null
  const { folder, from, before } = resume
  const checkpoint = await checkpointToResume(folder, from, terminal)
  const done = checkpoint?.pipeline.step ?? 0
  if (done > config.steps)
    throw new ConfigError([`--steps: found ${config.steps}, expected at least ${done}, the steps of the checkpoint`])
  if (checkpoint !== null) checkInputs(checkpoint, inputs, before, config)
  const changed = changedSettings(before, config)
  const ofEngine = changedEngine(checkpoint?.engine ?? null, usedEngine, changed)
  for (const { setting, before: was, now } of [...changed, ...ofEngine])
    terminal.note(`${setting}: ${JSON.stringify(was)} before, ${JSON.stringify(now)} from step ${done} on`)
  if (ofEngine.length > 0) terminal.note('numbers differ by rounding from those of a run without interruption')
  const start = await startFrom(folder, checkpoint)
  const releasesOverride =
    start.pipeline.override !== null &&
    isBandChangedSince(done, await readLog(folder, 'resumptions', ResumptionCodec), changed)
  if (releasesOverride) terminal.note('the override of the band ends, because the planned band has changed')
  return { start, changed, changedEngine: ofEngine, releasesOverride }
}
