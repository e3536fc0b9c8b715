import type { AggregationName } from '../lib/objective/aggregations.js'
import type { KlFormName, KlPlace } from '../lib/objective/kl-forms.js'
import type { CorrectionName } from '../lib/objective/corrections.js'

/** Options of every algorithm. */
export interface CommonOptions {
  /** Maximum number of minibatches, and so of optimiser steps, per training step. */
  readonly minibatches: number
  /** Aggregation of the token losses of a minibatch to one number. */
  readonly aggregation: AggregationName
  /**
   * Divisor of the aggregation `seq-mean-token-sum-norm`; null takes the maximum completion length. Other aggregations
   * ignore it. @units tokens
   */
  readonly norm: number | null
  /** KL penalty coefficient against the reference policy (the starting weights); 0 turns the penalty off. */
  readonly klCoefficient: number
  /** KL estimator; `default` is k3 in the loss and k1 in the reward. Pairs whose gradient is not that of the KL are refused. */
  readonly klForm: KlFormName | 'default'
  /** Place of the KL penalty: added to the loss, or subtracted from the reward. */
  readonly klIn: KlPlace
  /** If true, every KL estimator is accepted in either place. */
  readonly klAnyForm: boolean
  /** Entropy bonus coefficient: the loss is reduced by this number times the token entropy; 0 turns the bonus off. */
  readonly entropyCoefficient: number
  /**
   * Share of the trained tokens, those of highest entropy, whose loss counts, in (0, 1]; 1 trains on all tokens. The KL term acts
   * on all tokens.
   */
  readonly topEntropyQuantile: number
  /** Correction of the difference between sampler and learner probabilities; `none` turns it off. */
  readonly mismatch: CorrectionName | 'none'
  /** Maximum ratio of learner to sampler probability, used by the mismatch correction. */
  readonly mismatchCap: number
  /** Maximum number of times that a batch is sampled to replace groups of equal rewards; 1 turns dynamic sampling off. */
  readonly samplingRounds: number
  /**
   * Length of the overlong buffer: the last tokens before the maximum completion length, over which the length penalty
   * grows from 0 to `overlongPenalty`; 0 turns the penalty off. @units tokens
   */
  readonly overlongBuffer: number
  /** Length penalty of a completion of maximum length, subtracted from its reward. @units reward */
  readonly overlongPenalty: number
}

/** Options of all algorithms. The docstring of each algorithm has the formulas with its options. */
export interface AlgorithmOptions extends CommonOptions {
  /** Lower clip: the probability ratio is clipped at 1 - clipLow. */
  readonly clipLow: number
  /** Upper clip: the probability ratio is clipped at 1 + clipHigh. */
  readonly clipHigh: number
  /** Dual clip: the loss of a token with A < 0 is at most dualClip |A|; null turns it off. */
  readonly dualClip: number | null
  /** Weight of positive rewards in W-REINFORCE; 1 is REINFORCE. */
  readonly positiveWeight: number
  /** CISPO: lower bound of the weight that the clipped ratio gives a token. */
  readonly ratioLow: number
  /** CISPO: upper bound of the weight that the clipped ratio gives a token. */
  readonly ratioHigh: number
  /** Clip-Cov: share of the trained tokens whose gradient is removed, in [0, 1]; at least one token. */
  readonly covRatio: number
  /** Clip-Cov: lower bound of the covariance of tokens whose gradient may be removed. @units nats */
  readonly covLow: number
  /** Clip-Cov: upper bound of the covariance of tokens whose gradient may be removed. @units nats */
  readonly covHigh: number
  /** KL-Cov: share of the trained tokens that get a KL penalty, in [0, 1]; at least one token. */
  readonly covShare: number
  /** KL-Cov: coefficient of the KL penalty on those tokens; 0 turns it off. */
  readonly covCoefficient: number
  /** Clip-B and Clip-V: distance from which a wrong token loses its gradient. @units standard deviations of S */
  readonly mu: number
  /** Clip-V: maximum share of the trained tokens whose gradient is removed, in [0, 1]; at least one token. */
  readonly maxShare: number
  /** Target entropy of the controller. @units nats per token */
  readonly target: number
  /** EntroPIC: form of the controller, from the paper or from Entrocraft's released code. */
  readonly entropicForm: 'paper' | 'released'
  /** EntroPIC: proportional gain; 0 turns the proportional term off. @units 1 / nats */
  readonly kp: number
  /** EntroPIC: integral gain; 0 turns the integral term off. @units 1 / nats */
  readonly ki: number
  /** Adaptive entropy: change of the entropy bonus coefficient per training step; 0 keeps it constant. */
  readonly coefficientStep: number
  /** Adaptive entropy: maximum of the entropy bonus coefficient. */
  readonly coefficientMax: number
  /** REPO-R: zeta, the strength of the rescaling, before the first training step. @units 1 / nats */
  readonly zetaStart: number
  /** REPO-R: minimum of |zeta|. @units 1 / nats */
  readonly zetaMin: number
  /** REPO-R: maximum of |zeta|. @units 1 / nats */
  readonly zetaMax: number
  /** ADAPO: change of clipHigh per training step; 0 keeps it constant. */
  readonly clipHighStep: number
  /** ADAPO: minimum of clipHigh. */
  readonly clipHighMin: number
  /** ADAPO: maximum of clipHigh. */
  readonly clipHighMax: number
}

/** Name of an option of an algorithm. */
export type OptionName = keyof AlgorithmOptions

/** Defaults of the common options; the page of an algorithm overrides some of them. */
export const commonDefaults: CommonOptions = {
  minibatches: 1,
  aggregation: 'token-mean',
  norm: null,
  klCoefficient: 0,
  klForm: 'default',
  klIn: 'loss',
  klAnyForm: false,
  entropyCoefficient: 0,
  topEntropyQuantile: 1,
  mismatch: 'none',
  mismatchCap: 2,
  samplingRounds: 1,
  overlongBuffer: 0,
  overlongPenalty: 1,
}

/** Defaults of PPO-clip: those of verl, which Entrocraft's runs used. */
export const clipDefaults = { clipLow: 0.2, clipHigh: 0.2, dualClip: 3 } as const

/**
 * Defaults of algorithms that act on a ratio other than 1. With one optimiser step per batch the ratio is always 1, so
 * they use 4 minibatches, as Entrocraft's runs did.
 */
export const offPolicyDefaults = { minibatches: 4 } as const
