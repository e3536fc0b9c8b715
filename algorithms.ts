/**
 * Algorithms of reinforcement learning: advantage estimators, objectives, rejection filters, entropy schedules and
 * controllers, each with its registry, and the named algorithms that combine them.
 *
 * @packageDocumentation
 */

export { type AlgorithmName, algorithms } from './pipelines/algorithms/index.js'
export { type Algorithm, algorithm, type AlgorithmPage, type OptionsOf } from './pipelines/algorithm.js'
export type { AlgorithmOptions, CommonOptions, OptionName } from './pipelines/algorithm-options.js'

export * from './lib/advantage/index.js'
export type { Advantages, BatchEstimator, Estimator, GroupEstimator, GroupRewards } from './lib/advantage/estimator.js'
export { gae, type GaeOptions, type GaeResult, type ValuedResponse } from './lib/advantage/gae.js'
export { hasZeroVariance } from './lib/advantage/zero-variance.js'

export * from './lib/objective/index.js'
export {
  type BatchUse,
  batchUse,
  type Objective,
  type ObjectiveInputs,
  type ObjectiveOutputs,
} from './lib/objective/objective.js'
export { withEntropyBonus } from './lib/objective/with-entropy-bonus.js'
export { withKl } from './lib/objective/with-kl.js'
export { withTopEntropy } from './lib/objective/with-top-entropy.js'
export { type Minibatch, trainedPlaces } from './lib/objective/minibatch.js'
export { marksAt, withoutMarked } from './lib/objective/without-marked.js'
export {
  type Aggregation,
  type AggregationEntry,
  type AggregationName,
  aggregations,
} from './lib/objective/aggregations.js'
export { type KlFormName, klForms, type KlOptions } from './lib/objective/kl-forms.js'
export {
  type Correction,
  type CorrectionEntry,
  type CorrectionName,
  corrections,
  maskSequence,
  truncate,
} from './lib/objective/corrections.js'

export * from './lib/entropy/schedule/index.js'
export { measureEntropy, type MeasureEntropyOptions } from './pipelines/measure-entropy.js'
export { band, type BandError, type Schedule } from './lib/entropy/band.js'

export * from './lib/entropy/filter/index.js'
export type { Filter } from './lib/entropy/filter.js'
export { admitResponses, admitTokens } from './lib/entropy/filter/admit.js'

export * from './lib/entropy/controller/index.js'
export type { Controller, ControllerOutput } from './lib/entropy/controller.js'

export { drift } from './lib/entropy/drift.js'
export { logTokenBaseline_BT } from './lib/entropy/log-token-baseline.js'
export type { CalibratedOptions, Calibration } from './lib/entropy/calibration.js'
export {
  type PredictionName,
  predictedChange,
  predictedChange_B,
  predictedChange_BT,
} from './lib/entropy/predicted-change.js'
export { entropyEstimate, type EntropyEstimate } from './lib/entropy/entropy-estimate.js'
export { sampledScores } from './lib/entropy/scores/sampled-scores.js'
export { type ServedLogprobs, type TopLogprobs, topKScores } from './lib/entropy/scores/top-k-scores.js'
export { tokenMeanEntropy } from './lib/entropy/token-mean-entropy.js'
/** Closed forms of one policy-gradient step on a tabular softmax. */
export * as theory from './lib/entropy/theory.js'

export type { RegistryEntry } from './lib/registry.js'
export { keyedUniform, shuffle, uniform, uniformOfText } from './lib/random/uniform.js'
