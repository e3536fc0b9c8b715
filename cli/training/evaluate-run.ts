import { join } from 'node:path'
import { concatMap, connect, forkJoin, lastValueFrom, map, type Observable, takeUntil, toArray } from 'rxjs'
import type { Evaluation } from '../../lib/evaluation/evaluation.js'
import type { QuestionCount } from '../../lib/evaluation/question-count.js'
import { questionResult } from '../../lib/evaluation/question-result.js'
import { scoreCheckpoint } from '../../lib/run/checkpoint/score-checkpoint.js'
import { appendLine } from '../../lib/run/json-lines.js'
import { runFiles } from '../../lib/run/run-folder.js'
import { EvaluationCodec } from '../../lib/run/step-evaluation.js'
import { evaluationScalars } from '../../lib/tensorboard/scalars.js'
import { orThrow, rightOrThrow } from '../../lib/or-throw.js'
import { evaluate } from '../../operators/evaluate.js'
import { judgeAnswers } from '../../pipelines/evaluation.js'
import type { TrainConfig } from '../config/train-config.js'
import { powersOfTwo } from '../display/evaluation.js'
import { rewardOptions } from '../resources/open-task.js'
import { untilWritten } from './wait-for-disk.js'
import { limitPorts } from './limit-ports.js'
import type { TrainingRun } from './open-run.js'
import type { TrainedModel } from './trained-model.js'

/** Evaluation on the held-out prompts, with the number of correct samples of each prompt. */
export interface HeldOutResult {
  readonly evaluation: Evaluation
  /** Counts of every prompt, in the order of the prompts, so that two models can be compared prompt by prompt. */
  readonly counts_Q: readonly QuestionCount[]
}

/** Evaluates the model on the held-out prompts after a number of steps and logs the result; null if it was interrupted. */
export const evaluateOnce = (run: TrainingRun, model: TrainedModel, step: number): Promise<HeldOutResult | null> =>
  lastValueFrom(evaluateHeldOut(run, model, step), { defaultValue: null })

/** True if an evaluation follows a step. The evaluation after the last step is that of the finished run. */
export const isEvaluatedAfter = ({ evaluation: { every }, steps }: TrainConfig, done: number): boolean =>
  every > 0 && done % every === 0 && done < steps

/**
 * Writes an evaluation into the logs of a run, and its score into the checkpoint of the step if there is one, when the disk takes
 * them.
 *
 * @errors FileError for a file that cannot be written
 */
export const logEvaluation = async (run: TrainingRun, step: number, evaluation: Evaluation): Promise<void> => {
  const line = { step, ...EvaluationCodec.encode(evaluation) }
  await untilWritten(run, () => rightOrThrow(appendLine(join(run.folder, runFiles.evaluations), line)()))
  await untilWritten(run, () => run.events?.append(step, evaluationScalars(evaluation)))
  await untilWritten(run, () => orThrow(scoreCheckpoint(run.folder, step, evaluation.meanAtK.value)))
}

/** Evaluates the model on the held-out prompts after a number of steps, logs the result and emits it; an interruption ends it. */
export const evaluateHeldOut = (run: TrainingRun, model: TrainedModel, step: number): Observable<HeldOutResult> => {
  const { config, task, heldOut, interruption } = run
  const { policy } = limitPorts(config, model)
  const { samples } = config.evaluation
  const sampling = { ...truncationOf(config), group: samples, maxTokens: config.maxTokens, seed: config.seed }
  const groups$ = judgeAnswers(
    { policy, verifier: task.verifier, prompts: heldOut },
    { sampling, reward: rewardOptions(config.reward) },
  )
  return groups$.pipe(
    connect((shared$) =>
      forkJoin({
        evaluation: shared$.pipe(evaluate({ ks: powersOfTwo(samples), seed: config.seed })),
        counts_Q: shared$.pipe(map(questionResult), toArray()),
      }),
    ),
    concatMap(async (result) => {
      await logEvaluation(run, step, result.evaluation)
      return result
    }),
    takeUntil(interruption.stop$),
  )
}

/** A service that trains samples from the whole distribution only; other models are evaluated by the protocol of the paper. */
const truncationOf = ({ learner, rollouts }: TrainConfig) =>
  learner === null || rollouts !== null ? {} : { temperature: 1, topK: 0, topP: 1 }
