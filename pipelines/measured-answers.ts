import { defer, type Observable, take } from 'rxjs'
import { grpo } from '../lib/advantage/grpo.js'
import { createDemand } from '../lib/control/demand.js'
import { entropyControl } from '../lib/control/entropy-control.js'
import type { Sampling } from '../lib/policy/policy.js'
import type { MeasuredBatch } from '../lib/rollout/batch.js'
import type { Prompt } from '../lib/rollout/prompt.js'
import { advantage } from '../operators/advantage.js'
import { monitorEntropy } from '../operators/monitor-entropy.js'
import { prompts } from '../operators/prompts.js'
import { reward } from '../operators/reward.js'
import { rollout } from '../operators/rollout.js'
import { toBatches } from '../operators/to-batches.js'
import type { TrainingPorts } from './training-options.js'

/** Ports of a measurement: the policy, the verifier, and the prompts, all of which are one batch. */
interface MeasuredAnswersPorts extends Pick<TrainingPorts, 'policy' | 'verifier'> {
  readonly prompts: readonly Prompt[]
}

/** Emits the judged answers of a policy to all prompts as one batch with the scores of every token. Nothing is trained. */
export const measuredAnswers = (
  { policy, verifier, prompts: questions }: MeasuredAnswersPorts,
  sampling: Sampling,
): Observable<MeasuredBatch> =>
  defer(() => {
    const demand = createDemand({ prompts: questions.length, inFlight: 1 })
    return prompts(questions, demand).pipe(
      take(1),
      rollout(policy, sampling),
      reward(verifier),
      advantage(grpo()),
      toBatches(demand),
      monitorEntropy(
        policy,
        entropyControl(() => ({ low: 0, high: 0 })),
      ),
    )
  })
