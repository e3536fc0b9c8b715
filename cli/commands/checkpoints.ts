import * as E from 'fp-ts/lib/Either.js'
import { orThrow } from '../../lib/or-throw.js'
import { checkCheckpoint, checkpointSteps } from '../../lib/run/checkpoint/read-checkpoint.js'
import type { Command } from '../command.js'
import { columns } from '../display/evaluation.js'
import { sizeText } from '../display/words.js'
import { exitCodes, explain } from '../exit.js'
import { runConfigFile } from '../watching/run-to-watch.js'

/** Lists the checkpoints of a run. */
export const checkpointsCommand: Command = {
  name: 'checkpoints',
  about: 'list the checkpoints of a run, and check that their files are intact',
  usage: 'RUN',
  details: ['RUN is a run folder. The score is mean@k on held-out prompts, for checkpoints that were evaluated.'],
  positionals: ['RUN'],
  flags: [],
  defaults: {},
  examples: [['entrain checkpoints runs/countdown-grpo-1', 'list the checkpoints of a run']],
  run: async (_flags, [run], terminal) => {
    await orThrow(runConfigFile(run!))
    const rows = await Promise.all((await orThrow(checkpointSteps(run!))).map((step) => rowOf(run!, step)))
    terminal.write(rows.length === 0 ? `${run!} has no checkpoints\n` : `${columns([HEAD, ...rows]).join('\n')}\n`)
    return exitCodes.done
  },
}

const HEAD = ['step', 'size', 'score', 'state']

const rowOf = async (run: string, step: number): Promise<readonly string[]> => {
  const checked = await checkCheckpoint(run, step)()
  if (E.isLeft(checked)) return [String(step), '', '', `damaged: ${explain(checked.left)}`]
  const { bytes, state } = checked.right
  return [String(step), sizeText(bytes), state.score === null ? '' : state.score.toFixed(3), 'intact']
}
