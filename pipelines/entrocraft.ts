import { defer, take } from 'rxjs'
import { grpo } from '../lib/advantage/grpo.js'
import { sign } from '../lib/entropy/filter/sign.js'
import { advantage } from '../operators/advantage.js'
import { batch } from '../operators/batch.js'
import { gpuSink } from '../operators/gpu-sink.js'
import { monitorEntropy } from '../operators/monitor-entropy.js'
import { prompts } from '../operators/prompts.js'
import { rejectionFilter } from '../operators/rejection-filter.js'
import { reward } from '../operators/reward.js'
import { rollout } from '../operators/rollout.js'
import { type Pipeline, training } from './training.js'

/**
 * Entrocraft: GRPO that rejects the rollouts whose advantage pushes entropy out of its band.
 *
 *     H <- entropy of the batch under the learner policy
 *     m <- [H > high] - [H < low]
 *     train on the rollouts with m A >= 0
 *
 * Paper: Li et al., arXiv:2604.26326, Algorithm 1 on GRPO advantages.
 *
 * Defaults: 32 prompts x 8 completions at temperature 1; clip 0.2 / 0.2, dual clip 3, one update a batch.
 *
 * Deviations: the paper updates four times a batch (`objective: { minibatches: 4 }`) and adds a KL loss to the
 * reference policy, 1e-3; here there is none. Losses average over accepted tokens, as the released runs do; Eq. 5
 * averages over prompts (`objective: { aggregation: 'prompt-mean-token-sum' }`).
 */
export const entrocraft: Pipeline = (ports, options) =>
  defer(() => {
    const { flow, control, sampling, objective, steps, judging } = training(options)
    return prompts(ports.prompts, flow).pipe(
      take(steps),
      rollout(ports.policy, sampling),
      reward(ports.verifier, judging),
      advantage(grpo()),
      batch(flow),
      monitorEntropy(ports.policy, control),
      rejectionFilter(control.state$, sign()),
      gpuSink(ports.learner, objective, flow),
    )
  })
