/**
 * Algorithms of reinforcement learning: advantage estimators, objectives, rejection filters, entropy schedules and
 * controllers, each with its registry, and the named algorithms that combine them.
 *
 * @packageDocumentation
 */

export { type AlgorithmName, algorithms } from './pipelines/algorithms/index.js'
export { type Algorithm, algorithm, type AlgorithmPage, type OptionsOf } from './pipelines/algorithm.js'
export type { AlgorithmOptions, CommonOptions, OptionName } from './pipelines/algorithm-options.js'

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

export { type BatchUse, batchUse, type Objective } from './lib/objective/objective.js'
export type { ObjectiveInputs, ObjectiveOutputs } from './lib/objective/objective.js'
export { type ObjectiveEntry, type ObjectiveName, objectives } from './lib/objective/index.js'
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
export { supervised } from './lib/objective/supervised.js'
export { withEntropyBonus } from './lib/objective/with-entropy-bonus.js'
export { withKl } from './lib/objective/with-kl.js'
export { type Minibatch, trainedPlaces } from './lib/objective/minibatch.js'
export { marksAt, withoutMarked } from './lib/objective/without-marked.js'
export {
  type Aggregation,
  type AggregationEntry,
  type AggregationName,
  aggregations,
} from './lib/objective/aggregations.js'
export { type KlForm, type KlFormName, klForms, type KlOptions } from './lib/objective/kl-forms.js'
export {
  type Correction,
  type CorrectionEntry,
  type CorrectionName,
  corrections,
  maskSequence,
  truncate,
} from './lib/objective/corrections.js'

export { band, type BandError, type Schedule } from './lib/entropy/band.js'
export { constantBand } from './lib/entropy/schedule/constant.js'
export { cosineBand } from './lib/entropy/schedule/cosine.js'
export { linearBand } from './lib/entropy/schedule/linear.js'
export { piecewiseBand } from './lib/entropy/schedule/piecewise.js'

export type { Filter } from './lib/entropy/filter.js'
export { admitResponses, admitTokens } from './lib/entropy/filter/admit.js'
export { type FilterEntry, type FilterName, filters } from './lib/entropy/filter/index.js'
export { estimatorSwap } from './lib/entropy/filter/estimator-swap.js'
export { everything } from './lib/entropy/filter/everything.js'
export { predicted } from './lib/entropy/filter/predicted.js'
export { predictedToken } from './lib/entropy/filter/predicted-token.js'
export { sign } from './lib/entropy/filter/sign.js'

export type { Controller, ControllerOutput } from './lib/entropy/controller.js'
export { adapo, type AdapoOptions } from './lib/entropy/controller/adapo.js'
export { adaptiveEntropy, type AdaptiveEntropyOptions } from './lib/entropy/controller/adaptive-entropy.js'
export { entropic, type EntropicOptions } from './lib/entropy/controller/entropic.js'
export { type ControllerEntry, type ControllerName, controllers } from './lib/entropy/controller/index.js'
export { repoRController, type RepoRControllerOptions } from './lib/entropy/controller/repo-r.js'

export { drift } from './lib/entropy/drift.js'
export { logTokenBaseline_BT } from './lib/entropy/log-token-baseline.js'
export { predictedChange, predictedChange_B, predictedChange_BT } from './lib/entropy/predicted-change.js'
export { tokenMeanEntropy } from './lib/entropy/token-mean-entropy.js'
/** Closed forms of one policy-gradient step on a tabular softmax. */
export * as theory from './lib/entropy/theory.js'

export { keyedUniform, shuffle, uniform, uniformOfText } from './lib/random/uniform.js'
