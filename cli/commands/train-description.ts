import { runFiles } from '../../lib/run/run-folder.js'
import type { Command } from '../command.js'
import { dashboardFlag, runDashboardDefaults, runDashboardSettings } from '../config/dashboard.js'
import { trainDefaults } from '../config/train-config.js'
import { mathDefaults } from '../config/task-defaults.js'
import { entropyBand, trainSettings } from '../config/train-settings.js'
import type { Flag } from '../flag.js'
import { outFlag } from '../training/claim-run-folder.js'
import { fromFlag } from '../training/resume-run.js'

const logFiles = [
  runFiles.config,
  runFiles.metrics,
  runFiles.timings,
  runFiles.evaluations,
  runFiles.rollouts,
  runFiles.summary,
]

const configFlag: Flag = {
  name: 'config',
  value: 'FILE',
  about: `YAML file of settings; the ${runFiles.config} of a run folder repeats that run`,
  group: 'Files',
}

export const resumeFlag: Flag = {
  name: 'resume',
  value: 'RUN',
  about: 'run folder whose training goes on from its newest checkpoint; `entrain resume RUN` is the same',
  group: 'Files',
}

/** Help and flags of `entrain train`. */
export const trainDescription: Omit<Command, 'run'> = {
  name: 'train',
  about: 'train a model by reinforcement learning, with its entropy on a schedule',
  usage: '[--config FILE] [flags]',
  details: [
    'A setting has its default [in brackets], unless the YAML file sets it. A flag takes precedence over both.',
    'Each task that generates its questions starts from a bundled checkpoint of its own, unless --model names another.',
    `With --data the defaults are ${mathDefaults.prompts} prompts per step, completions of up to ${mathDefaults.maxTokens} tokens, learning rate ${mathDefaults.learningRate}, and an entropy band that is measured: --${entropyBand} auto.`,
    [
      `The options of the algorithm are shown with the defaults of ${trainDefaults.algorithm}. \`entrain algorithms\` lists`,
      'the defaults of every algorithm.',
    ].join('\n'),
    [
      `Writes ${logFiles.join(', ')} into the run`,
      `folder, checkpoints into its folder ${runFiles.checkpoints}/, the plots ${runFiles.entropyPlot} and ${runFiles.rewardPlot} as .svg and .png, and the trained`,
      `model: ${runFiles.checkpoint}; or ${runFiles.model}/ for a Hugging Face or GGUF model; or ${runFiles.adapter}/ if adapters are trained.`,
    ].join('\n'),
    [
      '--compare ALGORITHM trains the same configuration once more after the run, with the same seed, and shows both results',
      `prompt by prompt. The second training is the run folder ${runFiles.comparison}/ inside the first, without the trained model.`,
    ].join('\n'),
    [
      'Ctrl-C (SIGINT), SIGTERM and a closed terminal (SIGHUP) stop the run in order: the current step ends or is given up, and',
      'the results so far are saved. The exit codes are 130, 143 and 129. A second signal leaves out the files that are not',
      'begun, and a third ends the process at once. nohup keeps SIGHUP without effect. The exit code is 0 for a finished run,',
      '1 after an error, and 2 for a mistake in the command line or the configuration.',
    ].join('\n'),
    [
      'After the run the dashboard stays while a page is open, at most --linger seconds. Without an open page it stops at',
      'once, and so it does at Ctrl-C. entrain watch RUN opens the run again.',
    ].join('\n'),
  ],
  positionals: [],
  flags: [configFlag, outFlag, resumeFlag, fromFlag, dashboardFlag, ...runDashboardSettings, ...trainSettings],
  defaults: { ...trainDefaults, ...runDashboardDefaults },
  examples: [
    ['entrain train', 'train the bundled checkpoint with the recommended settings'],
    ['entrain train --task moves', 'answers with working steps: reach a target by given moves'],
    ['entrain train --dashboard', 'train, and watch and steer the run in a browser'],
    ['entrain train --algorithm grpo', 'GRPO, the baseline without entropy control'],
    ['entrain train --compare grpo', 'train, and compare the result with that of GRPO on the same seed'],
    ['entrain train --algorithm gspo --entropy-band 0.5,0.6', 'hold the entropy of another algorithm in a band'],
    ['entrain train --entropy-band auto', 'measure the entropy of the model, and let its band fall to a third of it'],
    ['entrain train --config runs/countdown-grpo-1/config.yaml --seed 2', 'repeat a run with another seed'],
  ],
}
