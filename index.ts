/** Reinforcement learning for language models streams, with entropy on a schedule. Runs in a browser too. */

export type { Prompt, PromptBatch, PromptSource } from './lib/rollout/prompt.js'
export type { Completion, FinishReason } from './lib/rollout/completion.js'
export type { Advantaged, AdvantagedGroup, Rewarded, RewardedGroup, RolloutGroup } from './lib/rollout/rollout-group.js'
export type {
  Batch,
  ControllerState,
  Corrected,
  EntropyMeasured,
  Filtered,
  FilteredBatch,
  MeasuredBatch,
  Referenced,
  Response,
  Scores,
  Controlled,
  ControllerRecord,
} from './lib/rollout/batch.js'
export type { BySign, Example, StepReport } from './lib/report/step-report.js'
export { BatchCodec, FilteredBatchCodec, MeasuredBatchCodec } from './lib/codec/value/batch.js'
export { CompletionCodec } from './lib/codec/value/completion.js'
export { EntropyStateCodec } from './lib/codec/value/entropy-state.js'
export type { Json } from './lib/codec/json.js'
export type { NumberJson } from './lib/codec/number.js'
export { PromptBatchCodec, PromptCodec } from './lib/codec/value/prompt.js'
export { AdvantagedGroupCodec, RewardedGroupCodec, RolloutGroupCodec } from './lib/codec/value/rollout-group.js'
export { StepReportCodec } from './lib/codec/value/step-report.js'
export { batchOf } from './lib/batch/batch-of.js'
export { type Diagnostics, diagnosticsOf } from './lib/report/diagnostics.js'
export { stepReportOf } from './lib/report/step-report-of.js'
export { PipelineError } from './lib/pipeline-error.js'

export type { Policy, Sampling } from './lib/policy/policy.js'
export type { Learner, UpdateReport } from './lib/policy/learner.js'
export type { Verifier } from './lib/reward/verifier.js'
export type { Fault, Reward, RewardScale, VerifierFailure } from './lib/rollout/reward.js'

export { band, type BandError, type Schedule } from './lib/entropy/band.js'
export type { Band, Drift } from './lib/rollout/band.js'
export { BandCodec } from './lib/codec/band.js'
export { drift } from './lib/entropy/drift.js'
export type { EntropyState } from './lib/rollout/entropy-state.js'
export { logTokenBaseline_BT } from './lib/entropy/log-token-baseline.js'
export { predictedChange, predictedChange_B, predictedChange_BT } from './lib/entropy/predicted-change.js'
/** Closed forms of one step on a tabular softmax. */
export * as theory from './lib/entropy/theory.js'
export { tokenMeanEntropy } from './lib/entropy/token-mean-entropy.js'
export { constantBand } from './lib/entropy/schedule/constant.js'
export { cosineBand } from './lib/entropy/schedule/cosine.js'
export { linearBand } from './lib/entropy/schedule/linear.js'
export { piecewiseBand } from './lib/entropy/schedule/piecewise.js'
export type { Waypoint } from './lib/rollout/band.js'
export { WaypointsCodec } from './lib/codec/waypoints.js'
export type { Filter } from './lib/entropy/filter.js'
export { admitResponses, admitTokens } from './lib/entropy/filter/admit.js'
export { type FilterEntry, type FilterName, filters } from './lib/entropy/filter/index.js'
export { estimatorSwap } from './lib/entropy/filter/estimator-swap.js'
export { everything } from './lib/entropy/filter/everything.js'
export { predicted } from './lib/entropy/filter/predicted.js'
export { predictedToken } from './lib/entropy/filter/predicted-token.js'
export { sign } from './lib/entropy/filter/sign.js'

export type { Advantages, BatchEstimator, Estimator, GroupEstimator, JudgedGroup } from './lib/advantage/estimator.js'
export { type EstimatorEntry, type EstimatorName, estimators } from './lib/advantage/index.js'
export { drGrpo } from './lib/advantage/dr-grpo.js'
export { gae, type ValuedResponse } from './lib/advantage/gae.js'
export { grpo } from './lib/advantage/grpo.js'
export { nsr } from './lib/advantage/nsr.js'
export { psr } from './lib/advantage/psr.js'
export { raft } from './lib/advantage/raft.js'
export { raftPlusPlus } from './lib/advantage/raft-plus-plus.js'
export { reinforce } from './lib/advantage/reinforce.js'
export { reinforcePlusPlus } from './lib/advantage/reinforce-plus-plus.js'
export { reinforcePlusPlusBaseline } from './lib/advantage/reinforce-plus-plus-baseline.js'
export { rloo } from './lib/advantage/rloo.js'
export { wReinforce } from './lib/advantage/w-reinforce.js'
export { hasZeroVariance } from './lib/advantage/zero-variance.js'
export type { Aggregation } from './lib/objective/aggregation/aggregation.js'
export type { BatchUse, Objective, ObjectiveInputs, ObjectiveOutputs } from './lib/objective/objective.js'
export { batchUse } from './lib/objective/objective.js'
export { type AggregationEntry, type AggregationName, aggregations } from './lib/objective/aggregation/index.js'
export { cispo, type CispoOptions } from './lib/objective/cispo.js'
export { clipB, type ClipBOptions } from './lib/objective/clip-b.js'
export { clipCov, type ClipCovOptions, type CovarianceClip } from './lib/objective/clip-cov.js'
export { clipV, type ClipVOptions } from './lib/objective/clip-v.js'
export { gspo } from './lib/objective/gspo.js'
export { gspoClipCov } from './lib/objective/gspo-clip-cov.js'
export { klCov, type KlCovOptions } from './lib/objective/kl-cov.js'
export { type ClipOptions, ppoClip, type PpoClipOptions } from './lib/objective/ppo-clip.js'
export { reinforceLoss } from './lib/objective/reinforce.js'
export { repoR, type RepoROptions } from './lib/objective/repo-r.js'
export { type ObjectiveEntry, type ObjectiveName, objectives } from './lib/objective/index.js'
export { type KlFormName, klForms, type KlOptions } from './lib/objective/kl/index.js'
export type { KlForm } from './lib/objective/kl/kl-form.js'
export { withEntropyBonus } from './lib/objective/with-entropy-bonus.js'
export { withKl } from './lib/objective/with-kl.js'
export { type Minibatch, trainedPlaces } from './lib/objective/minibatch.js'
export { marksAt, withoutMarked } from './lib/objective/without-marked.js'
export type { Correction } from './lib/objective/mismatch/correction.js'
export { type CorrectionEntry, type CorrectionName, corrections } from './lib/objective/mismatch/index.js'
export { maskSequence } from './lib/objective/mismatch/mask-sequence.js'
export { truncate } from './lib/objective/mismatch/truncate.js'
export type { Controller, ControllerOutput } from './lib/entropy/controller.js'
export { adaptiveEntropy, type AdaptiveEntropyOptions } from './lib/entropy/controller/adaptive-entropy.js'
export { adapo, type AdapoOptions } from './lib/entropy/controller/adapo.js'
export { entropic, type EntropicOptions } from './lib/entropy/controller/entropic.js'
export { type ControllerEntry, type ControllerName, controllers } from './lib/entropy/controller/index.js'
export { repoRController, type RepoRControllerOptions } from './lib/entropy/controller/repo-r.js'
export { boxed, format } from './lib/reward/format.js'
export { overlong, type OverlongOptions, overlongPenalty } from './lib/reward/overlong.js'
export { weighted, type WeightedPart, type WeightedParts } from './lib/reward/weighted.js'
export { lastFormula, markedAnswer } from './lib/reward/math/final-answer.js'
export { mathVerifier, type MathVerifierOptions } from './lib/reward/math/verifier.js'
export { type Evaluation, evaluationOf, type QuestionResult } from './lib/evaluation/evaluation.js'
export { bootstrap, type BootstrapOptions, type Estimate } from './lib/evaluation/bootstrap.js'
export { meanAtK } from './lib/evaluation/mean-at-k.js'
export { passAtK } from './lib/evaluation/pass-at-k.js'

export { advantage } from './operators/advantage.js'
export { toBatches } from './operators/to-batches.js'
export { correctMismatch } from './operators/correct-mismatch.js'
export { dynamicSampling, type DynamicSamplingOptions } from './operators/dynamic-sampling.js'
export { klPenalty } from './operators/kl-penalty.js'
export { applyController } from './operators/apply-controller.js'
export { scoreReference } from './operators/score-reference.js'
export { sharedPrompts } from './lib/control/shared-prompts.js'
export { collectGroups } from './operators/collect-groups.js'
export { type Demand, createDemand, type DemandOptions } from './lib/control/demand.js'
export { type EntropyControl, entropyControl, type MonitoredRun } from './lib/control/entropy-control.js'
export type { BandInForce } from './lib/control/steered-band.js'
export { joinEntropyState } from './operators/join-entropy-state.js'
export { evaluate, type EvaluateOptions } from './operators/evaluate.js'
export { gpuSink } from './operators/gpu-sink.js'
export { monitorEntropy } from './operators/monitor-entropy.js'
export { prompts } from './operators/prompts.js'
export { rejectionFilter } from './operators/rejection-filter.js'
export { reward, type RewardOptions } from './operators/reward.js'
export { type RunControl, runControl, type RunControlPorts, type EntropyAndGate } from './lib/control/run-control.js'
export { rollout } from './operators/rollout.js'

export { trainingPipeline, type TrainingPipeline } from './pipelines/training-pipeline.js'
export type { Stages } from './pipelines/stages.js'
export {
  evaluation,
  type EvaluationOptions,
  type EvaluationPorts,
  evaluationSampling,
  judgeAnswers,
} from './pipelines/evaluation.js'
export { type AlgorithmName, algorithms } from './pipelines/algorithms/index.js'
export type { AlgorithmOptions, CommonOptions, OptionName } from './pipelines/algorithm-options.js'
export { type OptionsOf, algorithm, type Algorithm, type AlgorithmPage } from './pipelines/algorithm.js'
export {
  type BandSource,
  demandDefaults,
  samplingDefaults,
  type TrainingOptions,
  type TrainingPorts,
} from './pipelines/training-options.js'

export { type Tokenizer } from './lib/tokenizer/tokenizer.js'
export {
  type ChatTemplate,
  chatTemplate,
  type ChatTemplateOptions,
  type ChatVariables,
  type Message,
} from './lib/tokenizer/chat-template.js'
export { huggingFaceTokenizer, type HuggingFaceTokenizerOptions } from './lib/tokenizer/hugging-face-tokenizer.js'
export { characterTokenizer } from './lib/tokenizer/character-tokenizer.js'
export type { GeneratedTask, Split, Task } from './lib/task/task.js'
export { type TaskName, tasks } from './lib/task/index.js'
export { type DataTask, dataTask, type DataTaskOptions } from './lib/task/data/data-task.js'
export { DataError } from './lib/task/data/data-error.js'
export { type Row, type RowBlock, rowsAtHand } from './lib/task/data/row.js'
export type { RowCounts } from './lib/task/data/classify-rows.js'
export { type LayoutName, layouts } from './lib/task/data/layout/index.js'
export type { Layout, Question } from './lib/task/data/layout/layout.js'
export { type PromptTemplateEntry, type PromptTemplateName, promptTemplates } from './lib/task/prompt-template/index.js'
export type { PromptTemplate, PromptTemplateFactory } from './lib/task/prompt-template/prompt-template.js'
export { countdown, type CountdownOptions } from './lib/task/countdown/index.js'
export { distinctPrompts } from './lib/task/distinct.js'
export { keyed, shuffled, uniform, uniformOfText } from './lib/random/uniform.js'

export type { DeviceTensor, Engine, Executable, Feed, RunResult } from './lib/compute/engine/engine.js'
export type { HostTensor, Node, Program, Shape } from './lib/compute/program/node.js'
export { gradient } from './lib/compute/gradient.js'
export { program } from './lib/compute/program/program.js'
/** The operations that programs are built of: what a custom objective is written in. */
export * as tensor from './lib/compute/operation/index.js'

export type { DecoderConfig, RopeScaling } from './lib/model/decoder-config.js'
export {
  decodeModel,
  encodeModel,
  type ModelCheckpoint,
  type ModelSource,
  type ParameterSource,
} from './lib/model/model-checkpoint.js'
export { type Adapters, freshAdapters, withAdapters } from './lib/model/lora/adapters.js'
export { type LoraConfig, type LoraTarget, loraTargets } from './lib/model/lora/lora.js'
export { initialParameters, type Parameters } from './lib/model/parameters.js'
export type { AdamWOptions } from './lib/optimizer/adamw.js'
export { constantRate, type LearningRate, warmupCosine } from './lib/optimizer/learning-rate.js'
export { type LocalModel, localModel, type LocalModelOptions } from './lib/policy/local/local-model.js'
export { CheckpointError } from './lib/checkpoint/checkpoint-error.js'
export type { TrainingState } from './lib/checkpoint/training-state.js'
export { type Demonstration, demonstrationBatch } from './lib/rollout/demonstration.js'
export { supervised } from './lib/objective/supervised.js'
export { pretraining, type PretrainingOptions as PretrainOptions } from './pipelines/pretraining.js'

export type { Clock } from './lib/timing/clock.js'
export { type Gate, gate } from './lib/control/gate.js'
export { type GatedAndTimedPorts, gateAndTimePorts } from './lib/timing/gate-and-time-ports.js'
export { type RunCommand, RunCommandCodec } from './lib/control/run-command.js'
export type { RunState } from './lib/control/run-state.js'
export { EvaluationCodec, type StepEvaluation, StepEvaluationCodec } from './lib/run/step-evaluation.js'
export { type StepMetrics, stepMetrics, StepMetricsCodec } from './lib/run/step-metrics.js'
export { type StepRollouts, stepRollouts, StepRolloutsCodec } from './lib/run/step-rollouts.js'
export { stageTimer, type StepSeconds, StepSecondsCodec, type TimedStep } from './lib/timing/step-seconds.js'
export { type Scalar, tensorboardScalars } from './lib/tensorboard/scalars.js'
export { timedLearner, timedPolicy } from './lib/timing/timed-ports.js'
