import { runFiles } from '../../lib/run/run-folder.js'
import type { Command } from '../command.js'
import { flagsOfNewRuns } from '../training/resume-run.js'
import { resume } from './train.js'
import { resumeFlag, trainDescription } from './train-description.js'

/** Flags of `entrain train` that this command does not have. */
const otherFlags: readonly string[] = [...flagsOfNewRuns, resumeFlag.name]

/** Goes on with a run that was interrupted, or makes a finished run longer. */
export const resumeCommand: Command = {
  name: 'resume',
  about: 'go on with a run from its newest checkpoint',
  usage: 'RUN [flags]',
  details: [
    [
      'RUN is a run folder. The run goes on as if it had not been interrupted: with one batch in flight, on the same engine and',
      'number of threads, the logs and the trained model are the same bytes. Lines of the logs after the checkpoint are cut and kept',
      `in ${runFiles.cut}/ of the run folder.`,
    ].join('\n'),
    [
      'Flags change settings from the checkpoint on. Each change is printed and recorded in resumptions.jsonl. Settings that the',
      'state of the run belongs to, such as the task, the model and the seed, cannot change.',
    ].join('\n'),
    [
      'With --steps the run becomes longer. The band and the learning rate keep the plan that they had, unless --planned-steps',
      'is given.',
    ].join('\n'),
  ],
  positionals: ['RUN'],
  flags: trainDescription.flags.filter(({ name }) => !otherFlags.includes(name)),
  defaults: {},
  examples: [
    ['entrain resume runs/countdown-grpo-1', 'go on after a crash or Ctrl-C'],
    ['entrain resume runs/countdown-grpo-1 --steps 400', 'train for 400 steps in all'],
    ['entrain resume runs/countdown-grpo-1 --from 50', 'go on from the checkpoint after 50 steps'],
  ],
  run: (flags, [folder], terminal) => resume(folder!, flags, terminal),
}
