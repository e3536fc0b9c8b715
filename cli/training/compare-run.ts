import type { Evaluation } from '../../lib/evaluation/evaluation.js'
import { pairedDifference } from '../../lib/evaluation/paired-difference.js'
import type { RunSummary } from '../../lib/run/summary.js'
import type { PlannedConfig } from '../config/train-config.js'
import { comparisonProgress } from '../display/comparison-progress.js'
import { powersOfTwo } from '../display/evaluation.js'
import { withScope } from '../scope.js'
import { comparedConfig } from './compared-config.js'
import { type HeldOutResult, logEvaluation } from './evaluate-run.js'
import type { FollowedRun } from './follow-run.js'
import { openComparison } from './open-comparison.js'
import type { TrainingRun } from './open-run.js'
import { trainPrepared, type TrainingResult } from './run-training.js'
import { drawPlots } from './save-results.js'
import { baseEvaluation } from './run-start.js'
import { openTrainedModel } from './trained-model.js'
import { endingAfter, untilWritten } from './wait-for-disk.js'
import { writeSummary } from './write-summary.js'

/** Result of a run, with the error if its comparison failed. */
export interface ComparedResult extends TrainingResult {
  readonly comparisonFailure: FollowedRun['failure']
}

type Compared = NonNullable<RunSummary['compared']>

/** Results of the comparison that are still missing. */
const nothing = { inBandShare: null, trained: null, difference: null }

/**
 * Trains the configuration of a finished run once more with the algorithm that it is compared with, from the same base model,
 * and evaluates it on the same held-out prompts. An interruption or a failure of the comparison leaves the results of the run
 * as they are.
 */
export const compareRun = async (run: TrainingRun, result: TrainingResult): Promise<ComparedResult> => {
  const config = comparedConfig(run.config)
  const { summary, base, heldOut } = result
  if (config === null || heldOut === null || base === null) return { ...result, comparisonFailure: null }
  const { compared, failure } = await trainCompared(run, config, base, heldOut)
  const withComparison = { ...summary, compared }
  await untilWritten(run, () => writeSummary(run.folder, withComparison))
  return { ...result, summary: withComparison, comparisonFailure: failure }
}

const trainCompared = async (
  run: TrainingRun,
  config: PlannedConfig,
  base: Evaluation,
  heldOut: HeldOutResult,
): Promise<{ readonly compared: Compared; readonly failure: FollowedRun['failure'] }> => {
  const { algorithm } = config
  try {
    const { summary, failure, ...result } = await trainComparison(run, config, base)
    const { status, inBandShare, trained } = summary
    const compared = { algorithm, status }
    return result.heldOut === null
      ? { compared: { ...compared, ...nothing }, failure }
      : {
          compared: { ...compared, inBandShare, trained, difference: differenceOf(config, heldOut, result.heldOut) },
          failure,
        }
  } catch (error) {
    return { compared: { algorithm, status: endingAfter(run, error), ...nothing }, failure: { error } }
  }
}

/** Trains in the folder of the comparison. The base model was evaluated by the run, and the trained model is not saved. */
const trainComparison = (run: TrainingRun, config: PlannedConfig, base: Evaluation): Promise<TrainingResult> =>
  withScope(async (scope) => {
    run.terminal.progress(`\ncomparing with ${config.algorithm}: the same configuration trains once more\n`)
    const comparison = await untilWritten(run, () => openComparison(run, config, scope))
    const { start, terminal } = comparison
    const model = await openTrainedModel(config, comparison, terminal, start.learner)
    if (baseEvaluation(start) === null) await logEvaluation(comparison, 0, base)
    return trainPrepared(
      comparison,
      { model, base },
      {
        show: comparisonProgress(terminal, config.algorithm),
        save: (_run, { view }) => drawPlots(comparison, view.history),
      },
    )
  })

const differenceOf = (
  { evaluation: { samples }, seed }: PlannedConfig,
  { counts_Q }: HeldOutResult,
  baseline: HeldOutResult,
): Compared['difference'] => pairedDifference(counts_Q, baseline.counts_Q, powersOfTwo(samples), seed)
