import { orThrow } from '../../lib/or-throw.js'
import { censusOfTensors } from '../../lib/checkpoint/tensor-census.js'
import { MAX_KEPT, readRefused } from '../../lib/run/quarantine-folder.js'
import { runFiles } from '../../lib/run/run-folder.js'
import type { Command } from '../command.js'
import { batchLines, tensorLines } from '../display/inspection.js'
import { exitCodes } from '../exit.js'

/** Shows the numbers of a quarantined batch, or of weights. */
export const inspectCommand: Command = {
  name: 'inspect',
  about: 'show the numbers of a quarantined batch, or of the weights of a model, and those that are not finite',
  usage: 'FILE',
  details: [
    [
      `FILE is a batch of the folder ${runFiles.quarantine}/ of a run: the batch of an update that was refused because its numbers were`,
      `wrong. A run keeps the ${MAX_KEPT} newest of them. The command prints the reason, a summary of every field, the place of the first`,
      'number that is not finite, and the prompts.',
    ].join('\n'),
    'FILE may also be a .safetensors or .gguf file, or a folder with .safetensors files, such as a model or adapters. The\ncommand then prints a line for every tensor.',
  ],
  positionals: ['FILE'],
  flags: [],
  defaults: {},
  examples: [
    [
      `entrain inspect runs/countdown-grpo-1/${runFiles.quarantine}/step-000012.json`,
      'why the update of step 13 was refused',
    ],
    [`entrain inspect runs/countdown-grpo-1/${runFiles.checkpoint}`, 'range of the trained weights'],
  ],
  run: async (_flags, [file = ''], terminal) => {
    const lines = file.endsWith('.json')
      ? batchLines(await orThrow(readRefused(file)))
      : tensorLines(await orThrow(censusOfTensors(file)))
    terminal.write(`${file}: ${lines.join('\n')}\n`)
    return exitCodes.done
  },
}
