import { outcome } from '../display/outcome.js'
import { exitCodes, explain } from '../exit.js'
import type { TrainingRun } from './open-run.js'
import type { TrainingResult } from './run-training.js'

/** Prints the result of a run, and the error of a step that failed. Returns the exit code. */
export const reportResult = (
  { folder, interruption, terminal }: TrainingRun,
  { summary, failure }: TrainingResult,
): number => {
  const contents = failure === null ? 'Everything is' : 'The results so far are'
  terminal.progress('\n')
  terminal.write(`${outcome(summary).join('\n')}\n${contents} in ${folder}\n`)
  if (failure !== null) {
    // The dashboard may outlive the run, so the error is printed now.
    terminal.note(`error: ${explain(failure.error)}`)
    return exitCodes.failed
  }
  return interruption.isRequested() ? exitCodes.interrupted : exitCodes.done
}
