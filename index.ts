/** Reinforcement learning for language models as RxJS streams, with entropy on a schedule. Runs in a browser too. */

export type { Prompt, PromptBatch } from './lib/rollout/prompt.js'
export type { Completion, FinishReason } from './lib/rollout/completion.js'
export type { Advantaged, AdvantagedGroup, Rewarded, RewardedGroup, RolloutGroup } from './lib/rollout/rollout-group.js'
export type {
  Batch,
  EntropyMeasured,
  Filtered,
  FilteredBatch,
  MeasuredBatch,
  Response,
  Scores,
} from './lib/rollout/batch.js'
export type { BySign, StepReport } from './lib/rollout/step-report.js'
export { batchOf } from './lib/rollout/batch-of.js'
export { stepReportOf } from './lib/rollout/step-report-of.js'
export { PipelineError } from './lib/pipeline-error.js'

export type { Policy, Sampling } from './lib/policy/policy.js'
export type { Learner, UpdateReport } from './lib/policy/learner.js'
export type { Reward, RewardScale, Verifier, VerifierFailure } from './lib/reward/reward.js'

export { type Band, band, type BandError, type Drift, type Schedule } from './lib/entropy/band.js'
export { BandCodec } from './lib/entropy/band-codec.js'
export { drift } from './lib/entropy/drift.js'
export type { EntropyState } from './lib/entropy/entropy-state.js'
export { predictedChange, predictedChange_B, predictedChange_BT } from './lib/entropy/predicted-change.js'
export { tokenMeanEntropy } from './lib/entropy/token-mean-entropy.js'
export { constant } from './lib/entropy/schedule/constant.js'
export { cosine } from './lib/entropy/schedule/cosine.js'
export { linear } from './lib/entropy/schedule/linear.js'
export { piecewise } from './lib/entropy/schedule/piecewise.js'
export type { Filter } from './lib/entropy/filter.js'
export { type FilterName, filters } from './lib/entropy/filter/index.js'
export { estimatorSwap } from './lib/entropy/filter/estimator-swap.js'
export { everything } from './lib/entropy/filter/everything.js'
export { predicted } from './lib/entropy/filter/predicted.js'
export { predictedToken } from './lib/entropy/filter/predicted-token.js'
export { sign } from './lib/entropy/filter/sign.js'

export type { Estimator } from './lib/advantage/estimator.js'
export { type EstimatorName, estimators } from './lib/advantage/index.js'
export { grpo } from './lib/advantage/grpo.js'
export type { Aggregation, Objective, ObjectiveInputs, ObjectiveOutputs } from './lib/objective/objective.js'
export { ppoClip, type PpoClipOptions } from './lib/objective/ppo-clip.js'
export { type Evaluation, evaluationOf, type QuestionResult } from './lib/evaluation/evaluation.js'
export { type Estimate } from './lib/evaluation/bootstrap.js'

export { advantage } from './operators/advantage.js'
export { batch } from './operators/batch.js'
export { type BatchNumbers, collectGroups } from './operators/collect-groups.js'
export { type Demand, demand, type DemandOptions } from './operators/demand.js'
export { type EntropyControl, entropyControl, type MonitorEnd } from './operators/entropy-control.js'
export { evaluate, type EvaluateOptions } from './operators/evaluate.js'
export { gpuSink } from './operators/gpu-sink.js'
export { monitorEntropy } from './operators/monitor-entropy.js'
export { prompts, type PromptSource } from './operators/prompts.js'
export { rejectionFilter } from './operators/rejection-filter.js'
export { reward, type RewardOptions } from './operators/reward.js'
export { rollout } from './operators/rollout.js'

export { entrocraft } from './pipelines/entrocraft.js'
export { entrocraftPredicted } from './pipelines/entrocraft-predicted.js'
export { evaluation, type EvaluationOptions, evaluationSampling } from './pipelines/evaluation.js'
export { grpo as grpoPipeline } from './pipelines/grpo.js'
export { type PipelineEntry, type PipelineName, pipelines } from './pipelines/index.js'
export {
  flowDefaults,
  type Pipeline,
  samplingDefaults,
  type Target,
  type TrainingOptions,
  type TrainingPorts,
} from './pipelines/training.js'
