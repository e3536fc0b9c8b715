import { join } from 'node:path'
import type { EntropyControl } from '../../lib/control/entropy-control.js'
import { FileError } from '../../lib/file/file-error.js'
import { orThrow } from '../../lib/or-throw.js'
import { stepNumber } from '../../lib/report/step-number.js'
import type { Waypoint } from '../../lib/rollout/band.js'
import { readJsonLines } from '../../lib/run/json-lines.js'
import { runFiles } from '../../lib/run/run-folder.js'
import { type StepMetrics, StepMetricsCodec } from '../../lib/run/step-metrics.js'
import type { Command } from '../command.js'
import { loadTrainConfig } from '../config/load-train-config.js'
import { machineSettings } from '../config/machine.js'
import type { TrainConfig } from '../config/train-config.js'
import { counted } from '../../lib/report/number-text.js'
import { exitCodes } from '../exit.js'
import { group } from '../flag.js'
import { runConfigFile } from '../watching/run-to-watch.js'
import { outFlag } from '../training/claim-run-folder.js'
import { train } from './train.js'

/** Repeats a run with every override of its band, and compares the metrics. */
export const replayCommand: Command = {
  name: 'replay',
  about: 'repeat a run, with every override of its entropy band, and compare the metrics',
  usage: 'RUN [flags]',
  details: [
    [
      `RUN is a run folder. Its ${runFiles.config} is the configuration, and its ${runFiles.metrics} holds the number of steps and the`,
      'overrides of the band. The command trains again in a new folder and compares the metrics number by number. It leaves',
      'out the comparison with another algorithm: that is the run folder RUN/compare, which can be repeated by itself.',
    ].join('\n'),
    'Numbers can differ by rounding on another engine or with another number of replicas or threads, and by timing if the\nrun has several batches in flight.',
  ],
  positionals: ['RUN'],
  flags: [outFlag, ...group('Machine', machineSettings)],
  defaults: {},
  examples: [
    ['entrain replay runs/countdown-entrocraft-calibrated-1', 'repeat a run that was steered in the dashboard'],
  ],
  run: async (flags, [folder = ''], terminal) => {
    const file = await orThrow(runConfigFile(folder))
    const config = await orThrow(loadTrainConfig(new Map([...flags, ['config', file]]), terminal.note))
    const log = join(folder, runFiles.metrics)
    const recorded = await orThrow(readJsonLines(log, StepMetricsCodec))
    if (recorded.length === 0) throw new FileError(log, 'no step', 'at least one')
    let replayFolder = ''
    const code = await train(
      { ...withSteps(recorded.length, config), compare: null },
      {
        out: flags.get('out'),
        terminal,
        begin: ({ entropy }, folder) => {
          replayFolder = folder
          applyOverrides(entropy, recorded)
        },
      },
    )
    if (code !== exitCodes.done) return code
    const repeated = await orThrow(readJsonLines(join(replayFolder, runFiles.metrics), StepMetricsCodec))
    const difference = findDifference(recorded, repeated)
    terminal.write(
      difference === null
        ? `The same ${counted(recorded.length, 'step')} as in ${folder}, number by number\n`
        : `Not the same as in ${folder}: ${difference}\n`,
    )
    return difference === null ? exitCodes.done : exitCodes.failed
  },
}

/** Sets the number of steps and keeps the length of the band's ramp. */
const withSteps = (steps: number, config: TrainConfig): TrainConfig => {
  const { band } = config
  const hasLength = band.schedule !== 'constant' && band.schedule !== 'piecewise'
  return { ...config, steps, band: hasLength ? { ...band, steps: band.steps ?? config.steps } : band }
}

/** Applies each recorded override before the step that it took effect at. */
const applyOverrides = ({ state$, steer, release }: EntropyControl, recorded: readonly StepMetrics[]): void => {
  const overrides = new Map(recorded.map(({ step, steered }) => [step, steered]))
  const apply = (points: readonly Waypoint[]) => (points.length > 0 ? steer(points) : release())
  const beforeStep = (step: number) => {
    const points = overrides.get(step) ?? null
    if (points !== null) apply(points)
  }
  beforeStep(0)
  state$.subscribe(({ step }) => beforeStep(step + 1))
}

/** Describes the first number that differs; null if all are the same. */
const findDifference = (recorded: readonly StepMetrics[], repeated: readonly StepMetrics[]): string | null => {
  // Fields are compared one by one: in the log of an older version they stand in another order.
  const at = recorded.findIndex((step, i) => differingField(step, repeated[i]) !== undefined)
  const [before, now] = [recorded[at], repeated[at]]
  if (before === undefined) return null
  if (now === undefined) return `it ended after ${counted(repeated.length, 'step')}, not ${recorded.length}`
  const name = differingField(before, now)!
  return `${name} of step ${stepNumber(before.step)} is ${JSON.stringify(now[name])}, and was ${JSON.stringify(before[name])}`
}

const differingField = (before: StepMetrics, now: StepMetrics | undefined): keyof StepMetrics | undefined =>
  (Object.keys(before) as (keyof StepMetrics)[]).find(
    (field) => JSON.stringify(before[field]) !== JSON.stringify(now?.[field]),
  )
