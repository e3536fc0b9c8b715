import type { Observable } from 'rxjs'
import type { LocalModel } from '../lib/policy/local/local-model.js'
import type { Gate } from '../lib/run/gate.js'
import { stageAccounts, type TimedStep } from '../lib/run/step-seconds.js'
import { timedLearner, timedPolicy } from '../lib/run/timed-ports.js'
import type { Task } from '../lib/task/task.js'
import type { EntropyControl } from '../operators/entropy-control.js'
import { pipelines } from '../pipelines/index.js'
import { yieldingPolicy } from './yielding-policy.js'
import type { Choices } from './choices.js'
import { regime } from './regime.js'

/** What a person holds a run by. */
export interface Hands {
  readonly entropy: EntropyControl
  readonly draws: Gate
}

/** The training pipeline of these choices, its stages timed. */
export const trainingSteps = (
  { algorithm, seed, steps, prompts }: Choices,
  task: Task,
  { policy, learner }: LocalModel,
  { entropy, draws }: Hands,
): Observable<TimedStep> => {
  const accounts = stageAccounts(draws.clock, () => null)
  return pipelines[algorithm]
    .create(
      {
        policy: yieldingPolicy(draws.gated(timedPolicy(policy, draws.clock, accounts.record))),
        learner: timedLearner(learner, draws.clock, accounts.record),
        verifier: task.verifier,
        rewardScale: task.rewardScale,
        prompts: task.prompts('train', seed),
      },
      {
        control: entropy,
        steps,
        sampling: { group: regime.group, maxTokens: regime.maxTokens, seed },
        flow: { prompts },
      },
    )
    .pipe(accounts.timed)
}
