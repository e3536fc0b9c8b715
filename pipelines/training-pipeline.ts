import { defer, identity, pipe, take } from 'rxjs'
import type { Estimator } from '../lib/advantage/estimator.js'
import type { Controller } from '../lib/entropy/controller.js'
import { everything } from '../lib/entropy/filter/everything.js'
import type { Filter } from '../lib/entropy/filter.js'
import type { KlOptions } from '../lib/objective/kl-forms.js'
import type { Correction } from '../lib/objective/corrections.js'
import type { Objective } from '../lib/objective/objective.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { Policy } from '../lib/policy/policy.js'
import { overlong, type OverlongOptions } from '../lib/reward/overlong.js'
import type { Verifier } from '../lib/reward/verifier.js'
import type { RewardScale } from '../lib/rollout/reward.js'
import { advantage } from '../operators/advantage.js'
import { toBatches } from '../operators/batch.js'
import { correctMismatch } from '../operators/correct-mismatch.js'
import { dynamicSampling, type DynamicSamplingOptions } from '../operators/dynamic-sampling.js'
import { gpuSink } from '../operators/gpu-sink.js'
import { klPenalty } from '../operators/kl-penalty.js'
import { monitorEntropy } from '../operators/monitor-entropy.js'
import { prompts } from '../operators/prompts.js'
import { rejectionFilter } from '../operators/rejection-filter.js'
import { reward } from '../operators/reward.js'
import { applyController } from '../operators/apply-controller.js'
import { rollout } from '../operators/rollout.js'
import { scoreReference } from '../operators/score-reference.js'
import { sharedPrompts } from '../lib/control/shared-prompts.js'
import { type Pipeline, training, type TrainingPorts } from './training.js'

/** What tells one training pipeline from another; what is left out is no stage of it. */
export interface Stages {
  readonly estimator: Estimator
  readonly objective: Objective
  readonly filter?: Filter
  readonly controller?: Controller
  readonly correction?: Correction
  readonly dynamicSampling?: DynamicSamplingOptions
  readonly overlong?: Omit<OverlongOptions, 'limit'>
  readonly klPenalty?: KlOptions
}

/**
 * A training pipeline of these stages, in the order of the paper:
 *
 *     sample G completions of each prompt, judge them, compare them
 *     H <- entropy of the batch under the learner policy;  m <- [H > high] - [H < low]
 *     weigh the batch by H, keep the rollouts that push H back, train on those
 *
 * @errors PipelineError BadAlgorithm, at once: a stage that splits responses by the sign of a reward that has none, or that
 *         reads a reference policy where there is none
 */
export const trainingPipeline =
  (stages: Stages): Pipeline =>
  (ports, options) => {
    const { estimator, objective, controller, correction } = stages
    const filter = options.filter ?? stages.filter ?? everything()
    checkScale(ports.rewardScale, { estimator, filter, controller })
    const reference = referenceOf(ports, stages)
    return defer(() => {
      const { demand, control, sampling, steps, judging } = training(options)
      const source = stages.dynamicSampling === undefined ? ports.prompts : sharedPrompts(ports.prompts)
      const verifier = shaped(ports, stages, sampling.maxTokens)
      const judge = pipe(rollout(ports.policy, sampling), reward(verifier, judging))
      const batches$ = prompts(source, demand).pipe(
        take(steps),
        stages.dynamicSampling === undefined ? judge : dynamicSampling(judge, source, stages.dynamicSampling),
        reference === undefined || stages.klPenalty === undefined
          ? identity
          : klPenalty(reference, stages.klPenalty, demand),
        advantage(estimator, demand),
        toBatches(demand),
      )
      return batches$.pipe(
        monitorEntropy(ports.policy, control),
        reference === undefined ? identity : scoreReference(reference),
        controller === undefined ? identity : applyController(control.state$, controller, options.controllerState),
        rejectionFilter(control.state$, filter),
        correction === undefined ? identity : correctMismatch(correction),
        gpuSink(ports.learner, objective, demand),
      )
    })
  }

const shaped = ({ verifier }: TrainingPorts, stages: Stages, limit: number): Verifier =>
  stages.overlong === undefined ? verifier : overlong(verifier, { limit, ...stages.overlong })

/** What splits responses by the sign of their reward learns nothing from the wrong ones where they get 0. */
const checkScale = (
  scale: RewardScale,
  parts: { readonly [K in 'estimator' | 'filter' | 'controller']: Pick<Filter, 'name' | 'rewards'> | undefined },
): void => {
  for (const [kind, part] of Object.entries(parts)) {
    if (part?.rewards === 'signed' && scale !== 'signed')
      throw new PipelineError(
        'BadAlgorithm',
        `${kind} ${part.name} splits responses by the sign of their reward, and this task's rewards are ${scale} ({0, 1}): a reward of -1 for wrong answers is needed`,
      )
  }
}

/** The reference, where one is given; scored on every batch. */
const referenceOf = (
  { reference }: TrainingPorts,
  { objective, klPenalty }: Stages,
): Pick<Policy, 'score'> | undefined => {
  if (reference === undefined && (objective.needsReference === true || klPenalty !== undefined))
    throw new PipelineError(
      'BadAlgorithm',
      `objective ${objective.name} is held to a reference policy: give the pipeline one (\`reference\`), as \`freeze()\` of a local model is`,
    )
  return reference
}
