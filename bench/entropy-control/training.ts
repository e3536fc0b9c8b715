import { lastValueFrom, map, take, tap, toArray } from 'rxjs'
import { scheduleOf } from '../../cli/config/band-plan.js'
import type { PlannedConfig } from '../../cli/config/train-config.js'
import { grpo } from '../../lib/advantage/grpo.js'
import { createDemand } from '../../lib/control/demand.js'
import { entropyControl } from '../../lib/control/entropy-control.js'
import { type FilterName, filters } from '../../lib/entropy/filter/index.js'
import type { QuestionResult } from '../../lib/evaluation/evaluation.js'
import { questionResult } from '../../lib/evaluation/question-result.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import type { LocalModel } from '../../lib/policy/local/local-model.js'
import type { Prompt } from '../../lib/rollout/prompt.js'
import { type StepMetrics, stepMetrics } from '../../lib/run/step-metrics.js'
import type { Task } from '../../lib/task/task.js'
import { advantage } from '../../operators/advantage.js'
import { toBatches } from '../../operators/to-batches.js'
import { gpuSink } from '../../operators/gpu-sink.js'
import { monitorEntropy } from '../../operators/monitor-entropy.js'
import { prompts } from '../../operators/prompts.js'
import { rejectionFilter } from '../../operators/rejection-filter.js'
import { reward } from '../../operators/reward.js'
import { rollout } from '../../operators/rollout.js'
import { judgeAnswers } from '../../pipelines/evaluation.js'

/** Trains with one filter, and returns the metrics of each step. */
export const train = (
  filter: FilterName,
  config: PlannedConfig,
  task: Task,
  { policy, learner }: LocalModel,
): Promise<readonly StepMetrics[]> => {
  const demand = createDemand(config)
  const control = entropyControl(scheduleOf(config.band, config.steps))
  const reports$ = prompts(task.prompts('train', config.seed), demand).pipe(
    take(config.steps),
    rollout(policy, config),
    reward(task.verifier),
    advantage(grpo()),
    toBatches(demand),
    monitorEntropy(policy, control),
    rejectionFilter(control.state$, filters[filter].create()),
    gpuSink(learner, ppoClip(), demand),
  )
  return lastValueFrom(
    reports$.pipe(
      map(stepMetrics),
      tap(({ step, entropy, low, high, correct }) => {
        if (step % 20 === 19)
          console.log(
            `  step ${step + 1}: entropy ${entropy?.toFixed(3)} of [${low.toFixed(2)}, ${high.toFixed(2)}], ${correct?.toFixed(2)} correct`,
          )
      }),
      toArray(),
    ),
  )
}

/** Evaluates the policy on held-out questions, with the sampling of the paper. */
export const examine = (
  questions: readonly Prompt[],
  group: number,
  config: PlannedConfig,
  task: Task,
  { policy }: LocalModel,
): Promise<readonly QuestionResult[]> =>
  lastValueFrom(
    judgeAnswers(
      { policy, verifier: task.verifier, prompts: questions },
      { sampling: { group, maxTokens: config.maxTokens, seed: config.seed } },
    ).pipe(map(questionResult), toArray()),
  )
