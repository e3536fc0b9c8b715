import { join } from 'node:path'
import { readJsonLines } from '../lib/run/json-lines.js'
import { writePlots } from '../lib/run/plot/write-plots.js'
import { runFiles } from '../lib/run/run-folder.js'
import { StepMetricsCodec } from '../lib/run/step-metrics.js'
import type { Command } from './command.js'
import { exitCodes, orThrow } from './exit.js'

/** Draws a run's plots from its log: also of one that is under way, or was cut short. */
export const plotCommand: Command = {
  name: 'plot',
  about: "draw a run's entropy and reward from its metrics.jsonl",
  usage: 'RUN',
  details: ['RUN is a run folder. Writes entropy.svg, entropy.png, reward.svg and reward.png into it.'],
  positionals: ['RUN'],
  flags: [],
  defaults: {},
  examples: [['entrain plot runs/countdown-grpo-1', 'draw a run that is under way, or was cut short']],
  run: async (_flags, [folder = ''], terminal) => {
    const metrics = await orThrow(readJsonLines(join(folder, runFiles.metrics), StepMetricsCodec))
    const written = await orThrow(writePlots(folder, metrics, folder))
    terminal.write(`${written.join('\n')}\n`)
    return exitCodes.done
  },
}
