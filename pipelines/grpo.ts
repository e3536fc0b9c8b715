import { defer, take } from 'rxjs'
import { grpo as groupRelative } from '../lib/advantage/grpo.js'
import { everything } from '../lib/entropy/filter/everything.js'
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
 * GRPO: every rollout trains, weighed by how much better it did than its group.
 *
 *     A <- (r - mean r) / (std r + eps)           within the completions of a prompt
 *     train on all rollouts
 *
 * Paper: DeepSeekMath, arXiv:2402.03300.
 *
 * Defaults: 32 prompts x 8 completions at temperature 1; clip 0.2 / 0.2, dual clip 3, one update a batch.
 *
 * Deviations: no KL loss to the reference policy; losses average over tokens, not first over each response. Entropy is
 * measured against the band and reported, and changes nothing: the baseline that Entrocraft is compared with.
 */
export const grpo: Pipeline = (ports, options) =>
  defer(() => {
    const { flow, control, sampling, objective, steps, judging } = training(options)
    return prompts(ports.prompts, flow).pipe(
      take(steps),
      rollout(ports.policy, sampling),
      reward(ports.verifier, judging),
      advantage(groupRelative()),
      batch(flow),
      monitorEntropy(ports.policy, control),
      rejectionFilter(control.state$, everything()),
      gpuSink(ports.learner, objective, flow),
    )
  })
