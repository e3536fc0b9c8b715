import type { AggregationName } from '../lib/objective/aggregation/index.js'
import type { KlFormName } from '../lib/objective/kl/index.js'
import type { CorrectionName } from '../lib/objective/mismatch/index.js'

/** Options of every recipe. */
export interface CommonOptions {
  /** Most optimiser steps a batch. */
  readonly minibatches: number
  readonly aggregation: AggregationName
  /** The constant of `seq-mean-token-sum-norm`; null takes the longest completion allowed. @units tokens */
  readonly norm: number | null
  /** Price on leaving the policy that the run started from; 0 asks no reference. */
  readonly klCoefficient: number
  readonly klForm: KlFormName
  /** Whether that price stands in the loss, or is taken off the reward. */
  readonly klIn: 'loss' | 'reward'
  /** Reward for entropy in the loss. */
  readonly entropyCoefficient: number
  /** Makes up for a sampler that was not quite the learner. */
  readonly mismatch: CorrectionName | 'none'
  /** Largest ratio of learner to sampler. */
  readonly mismatchCap: number
  /** Most times a batch is sampled to replace groups whose rewards are all equal; 1 keeps them. */
  readonly samplingRounds: number
  /** Tokens before the longest completion over which a penalty on length grows; 0 has none. @units tokens */
  readonly overlongBuffer: number
  /** That penalty at the longest completion. */
  readonly overlongPenalty: number
}

/** Options of some recipes: the vocabulary that their defaults are written in. Their docs give the formulas. */
export interface AlgorithmOptions extends CommonOptions {
  readonly clipLow: number
  readonly clipHigh: number
  readonly dualClip: number | null
  readonly positiveWeight: number
  readonly ratioLow: number
  readonly ratioHigh: number
  readonly covRatio: number
  readonly covLow: number
  readonly covHigh: number
  readonly covShare: number
  readonly covCoefficient: number
  readonly mu: number
  readonly maxShare: number
  /** Entropy that a controller steers to. @units nats per token */
  readonly target: number
  readonly entropicForm: 'paper' | 'released'
  readonly kp: number
  readonly ki: number
  readonly coefficientStep: number
  readonly coefficientMax: number
  readonly zetaStart: number
  readonly zetaMin: number
  readonly zetaMax: number
  readonly clipHighStep: number
  readonly clipHighMin: number
  readonly clipHighMax: number
}

export type OptionName = keyof AlgorithmOptions

export const commonDefaults: CommonOptions = {
  minibatches: 1,
  aggregation: 'token-mean',
  norm: null,
  klCoefficient: 0,
  klForm: 'k3',
  klIn: 'loss',
  entropyCoefficient: 0,
  mismatch: 'none',
  mismatchCap: 2,
  samplingRounds: 1,
  overlongBuffer: 0,
  overlongPenalty: 1,
}

/** Of PPO-clip; verl's, as Entrocraft's runs had them. */
export const clipDefaults = { clipLow: 0.2, clipHigh: 0.2, dualClip: 3 } as const

/**
 * Of the methods that are about what the ratio does when it leaves 1. At one update a batch it never does, so they cut a
 * batch in four, as Entrocraft's runs did.
 */
export const offPolicyDefaults = { minibatches: 4 } as const
