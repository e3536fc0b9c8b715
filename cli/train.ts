import { namedRunFolder, nextRunFolder, runFiles } from '../lib/run/run-folder.js'
import type { Command } from './command.js'
import { openMachine } from './config/machine.js'
import { loadTrainConfig } from './config/load-train-config.js'
import { mathDefaults, trainDefaults } from './config/train-config.js'
import { trainSettings } from './config/train-settings.js'
import { orThrow } from './exit.js'
import { heldOut } from './held-out.js'
import { interruption } from './interruption.js'
import { openModel } from './open-model.js'
import { openTask } from './open-task.js'
import { trainingRun } from './training-run.js'
import { steeringOf } from './training-steps.js'

/** Where runs go that are given no folder. */
const RUNS = 'runs'

/** What every run leaves behind. */
const left = [runFiles.config, runFiles.metrics, runFiles.timings, runFiles.summary]

/** Trains a model by reinforcement learning and shows it live. */
export const trainCommand: Command = {
  name: 'train',
  about: 'train a model by reinforcement learning, its entropy on a schedule',
  usage: '[--config FILE] [flags]',
  details: [
    'Settings come from the defaults [in brackets], then from the YAML file, then from the flags.',
    `With --data they are others: ${mathDefaults.prompts} prompts a step, ${mathDefaults.maxTokens} tokens, learning rate ${mathDefaults.learningRate}.`,
    [
      `The run folder gets ${left.join(', ')}, the plots ${runFiles.entropyPlot} and ${runFiles.rewardPlot} as .svg and .png,`,
      `and ${runFiles.checkpoint}; from models of others ${runFiles.model}/, or ${runFiles.adapter}/ where adapters were trained.`,
      'With --tensorboard it gets an event file that TensorBoard follows as the run goes.',
    ].join('\n'),
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
    const model = await orThrow(openModel(config.model, config))
    const { task, about, close: closeTask } = await orThrow(openTask(config, model))
    for (const line of about) terminal.write(`${line}\n`)
    const questions = await orThrow(heldOut(task, 'test', config.evaluation.prompts, 'evaluation.'))
    const { engine, replicas, reason, close: closeEngines } = await orThrow(openMachine(config))
    const interrupted = interruption(terminal)
    try {
      const out = flags.get('out')
      const name = `${config.task}-${config.algorithm}-${config.seed}`
      const folder = await orThrow(out === undefined ? nextRunFolder(RUNS, name) : namedRunFolder(out))
      terminal.write(`engine ${engine.name}: ${reason}\nrun folder ${folder}\n`)
      return await trainingRun({
        config,
        task,
        heldOut: questions,
        base: model,
        engine,
        replicas,
        folder,
        steering: steeringOf(config),
        interrupted,
        terminal,
      })
    } finally {
      await Promise.all([closeEngines(), closeTask()])
      interrupted.release()
    }
  },
}
