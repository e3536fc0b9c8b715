import { outcome } from '../display/outcome.js'
import { exitCodes } from '../exit.js'
import type { TrainingRun } from './open-run.js'
import type { TrainingResult } from './run-training.js'

/** Prints the result of a run and returns the exit code. @errors the error of a step that failed */
export const reportResult = (
  { folder, interruption, terminal }: TrainingRun,
  { summary, failure }: TrainingResult,
): number => {
  const contents = failure === null ? 'Everything is' : 'The results so far are'
  terminal.progress('\n')
  terminal.write(`${outcome(summary).join('\n')}\n${contents} in ${folder}\n`)
  if (failure !== null) throw failure.error
  return interruption.isRequested() ? exitCodes.interrupted : exitCodes.done
}
