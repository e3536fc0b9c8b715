import { join } from 'node:path'
import { ignoreElements, lastValueFrom, type Observable, Subscription, takeUntil, tap, using } from 'rxjs'
import type { Evaluation } from '../../lib/evaluation/evaluation.js'
import type { LocalModel } from '../../lib/policy/local/local-model.js'
import { appendLine } from '../../lib/run/json-lines.js'
import { runFiles } from '../../lib/run/run-folder.js'
import { EvaluationCodec } from '../../lib/run/step-evaluation.js'
import { evaluationScalars } from '../../lib/tensorboard/scalars.js'
import { rightOrThrow } from '../../lib/or-throw.js'
import { evaluation } from '../../pipelines/evaluation.js'
import type { TrainConfig } from '../config/train-config.js'
import { powersOfTwo } from '../display/evaluation.js'
import { rewardOptions } from '../resources/open-task.js'
import type { TrainingRun } from './open-run.js'

/** Evaluates the model on the held-out prompts after a number of steps and logs the result; null if it was interrupted. */
export const evaluateOnce = (run: TrainingRun, model: LocalModel, step: number): Promise<Evaluation | null> =>
  lastValueFrom(evaluate(run, model, step), { defaultValue: null })

/** Evaluates between two steps. Updates and rollouts wait until the evaluation ends, so that it sees the weights of its step. */
export const evaluateBetween = (run: TrainingRun, model: LocalModel, step: number): Observable<never> =>
  using(
    () => new Subscription(run.steering.gate.hold({ updates: true })),
    () => evaluate(run, model, step).pipe(ignoreElements()),
  )

/** True if an evaluation follows a step. The evaluation after the last step is that of the finished run. */
export const isEvaluatedAfter = ({ evaluation: { every }, steps }: TrainConfig, done: number): boolean =>
  every > 0 && done % every === 0 && done < steps

const evaluate = (
  { config, task, folder, heldOut, interruption, events }: TrainingRun,
  { policy }: LocalModel,
  step: number,
): Observable<Evaluation> => {
  const { samples } = config.evaluation
  return evaluation(
    { policy, verifier: task.verifier, prompts: heldOut },
    {
      ks: powersOfTwo(samples),
      sampling: { group: samples, maxTokens: config.maxTokens, seed: config.seed },
      seed: config.seed,
      reward: rewardOptions(config.reward),
    },
  ).pipe(
    tap((result) => {
      rightOrThrow(appendLine(join(folder, runFiles.evaluations), { step, ...EvaluationCodec.encode(result) })())
      events?.append(step, evaluationScalars(result))
    }),
    takeUntil(interruption.stop$),
  )
}
