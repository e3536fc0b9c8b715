import { join } from 'node:path'
import type { Waypoint } from '../lib/rollout/band.js'
import { readJsonLines } from '../lib/run/json-lines.js'
import { FileError } from '../lib/file/file-error.js'
import { runFiles } from '../lib/run/run-folder.js'
import { type StepMetrics, StepMetricsCodec } from '../lib/run/step-metrics.js'
import type { EntropyControl } from '../lib/control/entropy-control.js'
import type { Command } from './command.js'
import { loadTrainConfig } from './config/load-train-config.js'
import { machineSettings } from './config/machine.js'
import type { TrainConfig } from './config/train-config.js'
import { counted } from './display/words.js'
import { exitCodes } from './exit.js'
import { orThrow } from '../lib/or-throw.js'
import { group } from './flag.js'
import { outFlag, train } from './open-training.js'

/** Does a run again, with all that a hand did to its band, and says whether it came out the same. */
export const replayCommand: Command = {
  name: 'replay',
  about: 'do a run again, with every change that a hand made to its band, and compare',
  usage: 'RUN [flags]',
  details: [
    [
      `RUN is a run folder: its ${runFiles.config} says what was trained, and how; its ${runFiles.metrics}, for how many steps, and what`,
      'a hand did at which of them. The same steps are done in a folder of their own, and their metrics compared, number by number.',
    ].join('\n'),
    'Another engine, another number of replicas or threads, and several batches in flight change numbers by rounding and by timing.',
  ],
  positionals: ['RUN'],
  flags: [outFlag, ...group('Machine', machineSettings)],
  defaults: {},
  examples: [['entrain replay runs/countdown-entrocraft-predicted-1', 'a run that was steered in the dashboard']],
  run: async (flags, [folder = ''], terminal) => {
    const config = await orThrow(loadTrainConfig(new Map([...flags, ['config', join(folder, runFiles.config)]])))
    const log = join(folder, runFiles.metrics)
    const recorded = await orThrow(readJsonLines(log, StepMetricsCodec))
    if (recorded.length === 0) throw new FileError(log, 'no step', 'one at least')
    let replayed = ''
    const code = await train(of(recorded.length, config), {
      out: flags.get('out'),
      terminal,
      begin: ({ entropy }, folder) => {
        replayed = folder
        followHand(entropy, recorded)
      },
    })
    if (code !== exitCodes.done) return code
    const again = await orThrow(readJsonLines(join(replayed, runFiles.metrics), StepMetricsCodec))
    const difference = firstDifference(recorded, again)
    terminal.write(
      difference === null
        ? `The same ${counted(recorded.length, 'step')} as in ${folder}, number by number\n`
        : `Not as in ${folder}: ${difference}\n`,
    )
    return difference === null ? exitCodes.done : exitCodes.failed
  },
}

/** As many steps as were done, of a run that was planned as long as it was. */
const of = (steps: number, config: TrainConfig): TrainConfig => {
  const { band } = config
  const planned = band.schedule === 'linear' || band.schedule === 'cosine'
  return { ...config, steps, band: planned ? { ...band, steps: band.steps ?? config.steps } : band }
}

/** Each change goes in force with the step that it went in force with. */
const followHand = ({ state$, steer, release }: EntropyControl, recorded: readonly StepMetrics[]): void => {
  const hand = new Map(recorded.map(({ step, steered }) => [step, steered]))
  const beforeStep = (step: number) => {
    const points = hand.get(step) ?? null
    if (points !== null) move(points)
  }
  const move = (points: readonly Waypoint[]) => (points.length > 0 ? steer(points) : release())
  beforeStep(0)
  state$.subscribe(({ step: batch }) => beforeStep(batch + 1))
}

const firstDifference = (recorded: readonly StepMetrics[], again: readonly StepMetrics[]): string | null => {
  const at = recorded.findIndex((step, i) => JSON.stringify(step) !== JSON.stringify(again[i]))
  const [was, is] = [recorded[at], again[at]]
  if (was === undefined) return null
  if (is === undefined) return `it ended after ${counted(again.length, 'step')}, not ${recorded.length}`
  const fields = Object.keys(was) as (keyof StepMetrics)[]
  const name = fields.find((field) => JSON.stringify(was[field]) !== JSON.stringify(is[field]))!
  return `${name} of step ${was.step} is ${JSON.stringify(is[name])}, and was ${JSON.stringify(was[name])}`
}
