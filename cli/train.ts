import { checkpointPath, readModel } from '../lib/model/model-file.js'
import { namedRunFolder, nextRunFolder, runFiles } from '../lib/run/run-folder.js'
import type { Command } from './command.js'
import { openMachine } from './config/machine.js'
import { loadTrainConfig } from './config/load-train-config.js'
import { trainDefaults } from './config/train-config.js'
import { trainSettings } from './config/train-settings.js'
import { orThrow } from './exit.js'
import { heldOut } from './held-out.js'
import { interruption } from './interruption.js'
import { taskOf } from './task-of.js'
import { trainingRun } from './training-run.js'

/** Where runs go that are given no folder. */
const RUNS = 'runs'

/** Trains a model by reinforcement learning and shows it live. */
export const trainCommand: Command = {
  name: 'train',
  about: 'train a model by reinforcement learning, its entropy on a schedule',
  usage: '[--config FILE] [flags]',
  details: [
    'Settings come from the defaults [in brackets], then from the YAML file, then from the flags.',
    `The run folder gets ${Object.values(runFiles)
      .map((file) => (file.includes('.') ? file : `${file}.svg, ${file}.png`))
      .join(', ')}.`,
    'Ctrl-C ends the run in order: what there is will be written.',
  ],
  positionals: [],
  flags: [
    {
      name: 'config',
      value: 'FILE',
      about: `settings in YAML; ${runFiles.config} of a run repeats it`,
      group: 'Files',
    },
    {
      name: 'out',
      value: 'DIR',
      about: `run folder, new or empty [${RUNS}/TASK-ALGORITHM-SEED, numbered]`,
      group: 'Files',
    },
    ...trainSettings,
  ],
  defaults: trainDefaults,
  examples: [
    ['entrain train', 'the recommended regime on the checkpoint that comes with entrain'],
    ['entrain train --algorithm grpo', 'the baseline: entropy is only watched'],
    ['entrain train --band-from 0.5,0.6 --band-schedule constant', 'hold entropy where it is told'],
    ['entrain train --config runs/countdown-grpo-1/config.yaml --seed 2', 'a run again, with another seed'],
  ],
  run: async (flags, _words, terminal) => {
    const config = await orThrow(loadTrainConfig(flags))
    const file = checkpointPath(config.checkpoint)
    const checkpoint = await orThrow(readModel(file))
    const task = taskOf(config.task, checkpoint, file)
    const questions = await orThrow(heldOut(task, 'test', config.evaluation.prompts, 'evaluation.'))
    const { engine, reason } = await orThrow(openMachine(config))
    const interrupted = interruption(terminal)
    try {
      const out = flags.get('out')
      const name = `${config.task}-${config.algorithm}-${config.seed}`
      const folder = await orThrow(out === undefined ? nextRunFolder(RUNS, name) : namedRunFolder(out))
      terminal.write(`engine ${engine.name}: ${reason}\nrun folder ${folder}\n`)
      return await trainingRun({ config, task, heldOut: questions, checkpoint, engine, folder, interrupted, terminal })
    } finally {
      await engine.close()
      interrupted.release()
    }
  },
}
