import type { DistributionNeed } from '../batch/distribution.js'
import { checkOption, integerFrom, oneOf, orNull, positive } from '../option.js'
import type { Node } from '../compute/program/node.js'
import { type Aggregation, type AggregationName, aggregations } from './aggregations.js'
import type { Minibatch } from './minibatch.js'

/** Inputs that the loss of an objective may read; matrices are [B, T]. */
export interface ObjectiveInputs {
  /** Log-prob of the sampled token under the policy that trains, at the score temperature; carries the gradient. @units nats */
  readonly logprobs_BT: Node
  /** Log-prob of the sampled token before the update, from the scoring pass. @units nats */
  readonly oldLogprobs_BT: Node
  /** Log-prob of the sampled token under the reference policy, if the objective has `needsReference`. @units nats */
  readonly referenceLogprobs_BT: Node
  /** Entropy at each token under the policy that trains, at temperature 1; carries the gradient. @units nats */
  readonly entropy_BT: Node
  /** Advantage of the response, repeated over its tokens. */
  readonly advantages_BT: Node
  /** 1 where a token trains. */
  readonly mask_BT: Node
  /** 1 on the tokens that `marks` selected. */
  readonly marked_BT: Node
  /** 1 on the tokens that `kept` selected, and everywhere if the objective has no `kept`. */
  readonly kept_BT: Node
  /** Returns a number of {@link Objective.scalars} by name, with the value of this batch. @shape [] */
  readonly scalar: (name: string) => Node
}

/** Outputs of the loss of an objective, all [B, T]. */
export interface ObjectiveOutputs {
  /** Loss of each token. */
  readonly loss_BT: Node
  /** 1 where the ratio was clipped. No token counts as clipped if the field is absent. */
  readonly clipped_BT?: Node
  /** Ratio that is reported. It is exp(logprob - old logprob) if the field is absent. */
  readonly ratio_BT?: Node
}

/**
 * Policy objective: a loss per token, as a program to differentiate, and how a batch is used.
 *
 * @example
 * const squared: Objective = {
 *   name: 'squared',
 *   ...batchUse({ minibatches: 2 }),
 *   loss: ({ logprobs_BT, advantages_BT }) => ({ loss_BT: tensor.neg(tensor.mul(advantages_BT, logprobs_BT)) }),
 * }
 */
export interface Objective {
  /** Name of the objective, as in its registry and in error messages. */
  readonly name: string
  readonly aggregation: Aggregation
  /** Largest number of optimiser steps per batch. Its responses are divided into that many even minibatches, or fewer. */
  readonly minibatches: number
  /** Numbers that the loss reads and that a controller may replace batch by batch, with their default values. */
  readonly scalars?: Readonly<Record<string, number>>
  /** True if the loss reads the log-probs of a reference policy. */
  readonly needsReference?: boolean
  /**
   * Statistics of the distribution at each position that the objective reads; absent if it reads only log-probs of the sampled
   * tokens. A learner on a server may know nothing else.
   */
  readonly needsDistribution?: DistributionNeed
  /**
   * Selects tokens by plain numbers over a whole minibatch, which no micro-batch could do alone.
   *
   * @shape [B, T] of the batch, 1 on the selected tokens
   */
  readonly marks?: (minibatch: Minibatch) => Uint8Array
  /**
   * Selects the tokens whose loss counts, by plain numbers over a whole minibatch; the loss reads them as `kept_BT`.
   *
   * @shape [B, T] of the batch, 1 on the selected tokens
   */
  readonly kept?: (minibatch: Minibatch) => Uint8Array
  /** Builds the loss of each token. */
  readonly loss: (inputs: ObjectiveInputs) => ObjectiveOutputs
}

/** Options of every objective: how a batch is used. */
export interface BatchUse {
  /** Aggregation of the token losses: a name of the registry, or a custom function. */
  readonly aggregation?: AggregationName | Aggregation
  /** Constant of the aggregation `seq-mean-token-sum-norm`; other aggregations do not read it. @units tokens */
  readonly norm?: number | null
  /** Largest number of optimiser steps per batch. */
  readonly minibatches?: number
}

/**
 * Returns the fields of an objective that say how a batch is used: token-mean and one optimiser step by default.
 *
 * @errors RangeError if `minibatches` is not an integer >= 1, if the aggregation or the `norm` is unknown or not a number > 0,
 *         or if `seq-mean-token-sum-norm` has no `norm`
 * @example
 * batchUse({ aggregation: 'seq-mean-token-mean', minibatches: 4 })
 */
export const batchUse = ({
  aggregation = 'token-mean',
  norm = null,
  minibatches = 1,
}: BatchUse): Pick<Objective, 'aggregation' | 'minibatches'> => {
  checkOption('minibatches', minibatches, integerFrom(1))
  checkOption('norm', norm, orNull(positive))
  if (typeof aggregation !== 'function') checkOption('aggregation', aggregation, oneOf(Object.keys(aggregations)))
  return {
    aggregation: typeof aggregation === 'function' ? aggregation : aggregations[aggregation].create(norm ?? Number.NaN),
    minibatches,
  }
}
