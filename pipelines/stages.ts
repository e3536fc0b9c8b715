import type { Estimator } from '../lib/advantage/estimator.js'
import { distributionMissing } from '../lib/batch/distribution.js'
import type { Controller } from '../lib/entropy/controller.js'
import type { Filter } from '../lib/entropy/filter.js'
import { klFormIn, type KlOptions } from '../lib/objective/kl-forms.js'
import type { Correction } from '../lib/objective/corrections.js'
import type { Objective } from '../lib/objective/objective.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { OverlongOptions } from '../lib/reward/overlong.js'
import type { Policy, Sampling } from '../lib/policy/policy.js'
import type { RewardScale } from '../lib/rollout/reward.js'
import type { ScoreMethod } from '../lib/rollout/scores.js'
import type { DynamicSamplingOptions } from '../operators/dynamic-sampling.js'
import { samplingDefaults, type TrainingOptions, type TrainingPorts } from './training-options.js'

/** Stages of a training pipeline. An optional stage that is left out is not part of the pipeline. */
export interface Stages {
  /** Turns rewards into advantages. */
  readonly estimator: Estimator
  /** Loss that the learner minimises. */
  readonly objective: Objective
  /** Rejection filter by entropy. Default: everything is accepted. */
  readonly filter?: Filter
  /** Changes advantages, or scalars of the objective, by the entropy of each batch. */
  readonly controller?: Controller
  /** Corrects for the difference between sampler and learner. */
  readonly correction?: Correction
  /** Replaces groups whose rewards are all equal. */
  readonly dynamicSampling?: DynamicSamplingOptions
  /** Length penalty near the maximum completion length. */
  readonly overlong?: Omit<OverlongOptions, 'limit'>
  /** KL penalty against the reference policy, subtracted from the reward. */
  readonly klPenalty?: KlOptions
}

/** Returns the temperature of the log-probs that a run trains on. */
export const chooseScoreTemperature = ({
  scoreTemperature,
  sampling: { temperature = samplingDefaults.temperature },
}: Pick<TrainingOptions, 'scoreTemperature' | 'sampling'>): number => scoreTemperature ?? temperature

/**
 * Checks that the mismatch correction compares the distribution that was sampled.
 *
 * @errors PipelineError BadAlgorithm when the log-probs of sampler and learner are at different temperatures
 */
export const checkCorrection = (
  { correction }: Stages,
  options: Pick<TrainingOptions, 'scoreTemperature' | 'sampling'>,
): void => {
  const { temperature } = { ...samplingDefaults, ...options.sampling }
  const scored = chooseScoreTemperature(options)
  if (correction !== undefined && scored !== temperature)
    throw new PipelineError(
      'BadAlgorithm',
      `mismatch correction: found score temperature ${scored} and sampling temperature ${temperature}, expected the same, because the importance weight of a batch of the learner's own weights has to be 1; leave out scoreTemperature, or turn the correction off`,
    )
}

/**
 * Checks that stages fit each other, the scale of the rewards and the given ports.
 *
 * @errors RangeError for a KL estimator that does not fit the reward; PipelineError BadAlgorithm when a stage needs signed
 *         rewards and the task has binary ones, needs a reference policy and none is given, or reads
 *         distributions that the policy or the learner does not have
 */
export const checkStages = (stages: Stages & { readonly filter: Filter }, ports: TrainingPorts): void => {
  const { objective, klPenalty } = stages
  if (klPenalty !== undefined) klFormIn('reward', klPenalty)
  checkRewardScale(stages, ports.rewardScale)
  checkDistribution(stages, ports.policy.scoreMethod ?? 'exact')
  if (ports.learner.scoreMethod === 'sampled' && objective.needsDistribution !== undefined)
    throw distributionMissing(`objective ${objective.name}`, objective.needsDistribution, 'the scores of the learner')
  if (ports.reference === undefined && (objective.needsReference === true || klPenalty !== undefined))
    throw new PipelineError(
      'BadAlgorithm',
      `${klPenalty === undefined ? `objective ${objective.name}` : 'KL penalty in the reward'}: found no reference policy, expected the port \`reference\` for the KL term; \`freezeCheckpoint()\` of a local model returns one`,
    )
}

/**
 * Checks that stages fit the scale of the rewards.
 *
 * @errors PipelineError BadAlgorithm when a stage needs signed rewards and the task has binary ones
 */
export const checkRewardScale = (
  { estimator, filter, controller }: Pick<Stages, 'estimator' | 'filter' | 'controller'>,
  rewardScale: RewardScale,
): void => {
  for (const [kind, stage] of Object.entries({ estimator, filter, controller }))
    if (stage?.rewards === 'signed' && rewardScale !== 'signed')
      throw new PipelineError(
        'BadAlgorithm',
        `${kind} ${stage.name} splits responses by the sign of their reward: found ${rewardScale} rewards (0 and 1), expected signed ones, with -1 for wrong answers`,
      )
}

/**
 * Checks that stages read nothing of a distribution where scores have only the log-probs of the sampled tokens.
 *
 * @errors PipelineError BadAlgorithm that names the stage and what it reads
 */
export const checkDistribution = (
  { filter, controller, objective }: Pick<Stages, 'filter' | 'controller' | 'objective'>,
  scoreMethod: ScoreMethod,
): void => {
  if (scoreMethod !== 'sampled') return
  for (const [kind, stage] of Object.entries({ filter, controller, objective }))
    if (stage?.needsDistribution !== undefined)
      throw distributionMissing(`${kind} ${stage.name}`, stage.needsDistribution)
}

/**
 * Checks that tokens are sampled from the distribution whose entropy their scores estimate.
 *
 * -log p of a token estimates the entropy of the policy only if the token was drawn from all tokens at temperature 1. Weights p / q
 * could correct another temperature, but those of rare tokens have no useful variance, and top-k and top-p never draw some tokens.
 *
 * @errors PipelineError BadAlgorithm for sampled scores with another temperature, top-k or top-p
 */
export const checkSampledScores = (
  { scoreMethod }: Pick<Policy, 'scoreMethod'>,
  { temperature, topK, topP }: Pick<Sampling, 'temperature' | 'topK' | 'topP'>,
): void => {
  if (scoreMethod !== 'sampled' || (temperature === 1 && topK === 0 && topP === 1)) return
  throw new PipelineError(
    'BadAlgorithm',
    `sampled scores: found sampling temperature ${temperature}, topK ${topK} and topP ${topP}, expected 1, 0 and 1, because the log-prob of a sampled token estimates the entropy of the distribution that it was drawn from; sample with these settings, or take a policy whose scores are exact or top-k`,
  )
}
