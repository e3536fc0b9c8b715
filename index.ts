/**
 * Reinforcement learning for language models as RxJS streams, with entropy on a schedule.
 *
 * This entry has the stages of a training pipeline, the controls of a run, the data that flows, and the ports that a
 * policy, a learner and a verifier implement. It runs in Node and in browsers.
 *
 * @packageDocumentation
 */

export type { Prompt, PromptBatch, PromptSource } from './lib/rollout/prompt.js'
export type { Completion } from './lib/rollout/completion.js'
export type { AdvantagedGroup, RewardedGroup, RolloutGroup } from './lib/rollout/rollout-group.js'
export type { Batch, ControllerRecord, FilteredBatch, MeasuredBatch, Memory, Response } from './lib/rollout/batch.js'
export type { ScoreMethod, Scores } from './lib/rollout/scores.js'
export type { Band, Drift, Waypoint } from './lib/rollout/band.js'
export type { EntropyState } from './lib/rollout/entropy-state.js'
export type { Reward, RewardScale, VerifierFailure } from './lib/rollout/reward.js'
export type { Demonstration } from './lib/rollout/demonstration.js'
export type { StepReport } from './lib/report/step-report.js'

export type { Policy, Sampling } from './lib/policy/policy.js'
export type { Learner, UpdateReport } from './lib/policy/learner.js'
export type { Verifier } from './lib/reward/verifier.js'

export { EntrainError, InputError } from './lib/error.js'
export { PipelineError } from './lib/pipeline-error.js'
export { orThrow, rightOrThrow } from './lib/or-throw.js'

export { createDemand, type Demand, type DemandOptions } from './lib/control/demand.js'
export { type EntropyControl, entropyControl } from './lib/control/entropy-control.js'
export type { PipelineState } from './lib/control/pipeline-state.js'
export { type Gate, gate } from './lib/control/gate.js'
export type { RunCommand } from './lib/control/run-command.js'
export { type RunControl, runControl, type RunControlPorts } from './lib/control/run-control.js'
export type { RunState } from './lib/control/run-state.js'
export { sharedPrompts } from './lib/control/shared-prompts.js'
export type { Clock } from './lib/timing/clock.js'
export { gateAndTimePorts } from './lib/timing/gate-and-time-ports.js'
export { withStageTimeout } from './lib/timing/stage-timeout.js'

export { advantage } from './operators/advantage.js'
export { checkpoint, type CheckpointOptions, type TrainingCheckpoint } from './operators/checkpoint.js'
export { applyController } from './operators/apply-controller.js'
export { collectGroups } from './operators/collect-groups.js'
export { correctMismatch } from './operators/correct-mismatch.js'
export { dropStale } from './operators/drop-stale.js'
export { dynamicSampling, type DynamicSamplingOptions } from './operators/dynamic-sampling.js'
export { evaluate, type EvaluateOptions } from './operators/evaluate.js'
export { gpuSink } from './operators/gpu-sink.js'
export { joinEntropyState } from './operators/join-entropy-state.js'
export { klPenalty } from './operators/kl-penalty.js'
export { limitEntropy } from './operators/limit-entropy.js'
export { limitRefusals } from './operators/limit-refusals.js'
export { monitorEntropy } from './operators/monitor-entropy.js'
export { prompts } from './operators/prompts.js'
export { rejectionFilter } from './operators/rejection-filter.js'
export { reward, type RewardOptions } from './operators/reward.js'
export { rollout } from './operators/rollout.js'
export { scoreReference } from './operators/score-reference.js'
export { toBatches } from './operators/to-batches.js'

export { evaluation, type EvaluationOptions, type EvaluationPorts, evaluationSampling } from './pipelines/evaluation.js'
export { pretraining, type PretrainingOptions } from './pipelines/pretraining.js'
export type { Stages } from './pipelines/stages.js'
export {
  demandDefaults,
  samplingDefaults,
  type TrainingOptions,
  type TrainingPorts,
} from './pipelines/training-options.js'
export { type TrainingPipeline, trainingPipeline } from './pipelines/training-pipeline.js'
