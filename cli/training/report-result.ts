import type { RunSummary } from '../../lib/run/summary.js'
import { outcome } from '../display/outcome.js'
import { exitCodes, explain } from '../exit.js'
import type { ComparedResult } from './compare-run.js'
import type { TrainingRun } from './open-run.js'

/** Prints the result of a run, and the error of a step that failed. Returns the exit code. */
export const reportResult = (
  { config, folder, interruption, terminal }: TrainingRun,
  { summary, failure, comparisonFailure }: ComparedResult,
): number => {
  const contents = summary.status === 'finished' ? 'Everything is' : 'The results so far are'
  terminal.progress('\n')
  terminal.write(`${outcome(summary).join('\n')}\n${contents} in ${folder}\n`)
  if (canResume(summary) && config.checkpoints.every !== 0) terminal.write(`entrain resume ${folder} goes on with it\n`)
  const failed = failure ?? comparisonFailure
  if (failed !== null) {
    // The dashboard may outlive the run, so the error is printed now.
    terminal.note(`error: ${explain(failed.error)}`)
    return exitCodes.failed
  }
  return interruption.isRequested() ? interruption.exitCode() : exitCodes.done
}

/** True if the run, or its comparison, was interrupted or has failed. */
const canResume = ({ status, compared }: RunSummary): boolean =>
  status !== 'finished' || (compared !== null && compared.status !== 'finished')
