import { defer, take } from 'rxjs'
import { grpo } from '../lib/advantage/grpo.js'
import { predicted } from '../lib/entropy/filter/predicted.js'
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
 * Entrocraft by predicted change: GRPO that rejects the rollouts predicted to push entropy out of its band.
 *
 *     H <- entropy of the batch under the learner policy
 *     m <- [H > high] - [H < low]
 *     train on the rollouts with m dH <= 0,   dH = -A sum_t (S_{y_t} - E_p[S_t])
 *
 * Paper: Li et al., arXiv:2604.26326; the first-order change is that of its section 4.
 *
 * Defaults: 32 prompts x 8 completions at temperature 1; clip 0.2 / 0.2, dual clip 3, one update a batch.
 *
 * Deviations: Algorithm 1 decides by the sign of A, which stands for dH where sampled tokens are likely. This decides by
 * dH itself, so it also holds for a small, uncertain policy. The rest deviates as `entrocraft` does.
 */
export const entrocraftPredicted: Pipeline = (ports, options) =>
  defer(() => {
    const { flow, control, sampling, objective, steps, judging } = training(options)
    return prompts(ports.prompts, flow).pipe(
      take(steps),
      rollout(ports.policy, sampling),
      reward(ports.verifier, judging),
      advantage(grpo()),
      batch(flow),
      monitorEntropy(ports.policy, control),
      rejectionFilter(control.state$, predicted()),
      gpuSink(ports.learner, objective, flow),
    )
  })
