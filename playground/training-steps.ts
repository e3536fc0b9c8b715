import type { Observable } from 'rxjs'
import type { LocalModel } from '../lib/policy/local/local-model.js'
import { gateAndTimePorts } from '../lib/timing/gate-and-time-ports.js'
import type { TimedStep } from '../lib/timing/step-seconds.js'
import type { Task } from '../lib/task/task.js'
import type { EntropyAndGate } from '../lib/control/run-control.js'
import { algorithms } from '../pipelines/algorithms/index.js'
import { yieldingPolicy } from './yielding-policy.js'
import type { Choices } from './choices.js'
import { regime } from './regime.js'

/** Runs the training pipeline that a visitor chose, and measures the time of each stage. */
export const trainingSteps = (
  { algorithm, seed, steps, prompts }: Choices,
  task: Task,
  model: LocalModel,
  { entropy, gate }: EntropyAndGate,
): Observable<TimedStep> => {
  const { policy, learner, timeSteps } = gateAndTimePorts(model, gate, () => null)
  return algorithms[algorithm]
    .create(
      {
        policy: yieldingPolicy(policy),
        learner,
        verifier: task.verifier,
        rewardScale: task.rewardScale,
        prompts: task.prompts('train', seed),
      },
      {
        control: entropy,
        steps,
        sampling: { group: regime.group, maxTokens: regime.maxTokens, seed },
        demand: { prompts },
      },
    )
    .pipe(timeSteps)
}
