import { outcome } from '../display/outcome.js'
import { exitCodes, explain } from '../exit.js'
import type { ComparedResult } from './compare-run.js'
import type { TrainingRun } from './open-run.js'

/** Prints the result of a run, and the error of a step that failed. Returns the exit code. */
export const reportResult = (
  { folder, interruption, terminal }: TrainingRun,
  { summary, failure, comparisonFailure }: ComparedResult,
): number => {
  const contents = failure === null ? 'Everything is' : 'The results so far are'
  terminal.progress('\n')
  terminal.write(`${outcome(summary).join('\n')}\n${contents} in ${folder}\n`)
  const failed = failure ?? comparisonFailure
  if (failed !== null) {
    // The dashboard may outlive the run, so the error is printed now.
    terminal.note(`error: ${explain(failed.error)}`)
    return exitCodes.failed
  }
  return interruption.isRequested() ? interruption.exitCode() : exitCodes.done
}
