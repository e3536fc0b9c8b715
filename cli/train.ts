import { runFiles } from '../lib/run/run-folder.js'
import type { Command } from './command.js'
import { loadTrainConfig } from './config/load-train-config.js'
import { mathDefaults, trainDefaults } from './config/train-config.js'
import { trainSettings } from './config/train-settings.js'
import { dashboardAsked, dashboardDefaults, dashboardFlag, dashboardSettings } from './dashboard-flags.js'
import { orThrow, rightOrThrow } from '../lib/or-throw.js'
import { outFlag, train } from './open-training.js'

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
    outFlag,
    dashboardFlag,
    ...dashboardSettings,
    ...trainSettings,
  ],
  defaults: { ...trainDefaults, ...dashboardDefaults },
  examples: [
    ['entrain train', 'the recommended regime on the checkpoint that comes with entrain'],
    ['entrain train --dashboard', 'the same, watched and steered in a browser'],
    ['entrain train --algorithm grpo', 'the baseline: entropy is only watched'],
    ['entrain train --band-from 0.5,0.6 --band-schedule constant', 'hold entropy where it is told'],
    ['entrain train --config runs/countdown-grpo-1/config.yaml --seed 2', 'a run again, with another seed'],
  ],
  run: async (flags, _words, terminal) => {
    const dashboard = rightOrThrow(dashboardAsked(flags))
    const config = await orThrow(loadTrainConfig(flags))
    return train(config, { out: flags.get('out'), terminal, dashboard })
  },
}
