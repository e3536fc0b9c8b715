import type { Node } from '../compute/program/node.js'
import { type AggregationName, aggregations } from './aggregation/index.js'
import type { Aggregation } from './aggregation/aggregation.js'
import type { Minibatch } from './minibatch.js'

/** What an objective may read; matrices are [B, T]. */
export interface ObjectiveInputs {
  /** log-prob of the sampled token under the policy being trained; carries the gradient. */
  readonly logprobs_BT: Node
  /** The same before the update, from the scoring pass. */
  readonly oldLogprobs_BT: Node
  /** The same under the reference policy, where the objective says that it `needsReference`. */
  readonly referenceLogprobs_BT: Node
  /** Entropy per token of the policy being trained; carries the gradient. */
  readonly entropy_BT: Node
  /** The response's advantage, repeated over its tokens. */
  readonly advantages_BT: Node
  /** 1 where a token trains. */
  readonly mask_BT: Node
  /** 1 on the tokens that `marks` chose. */
  readonly marked_BT: Node
  /** The numbers of {@link Objective.scalars}, as they are for this batch; []. */
  readonly scalar: (name: string) => Node
}

/** Per-token loss and what is reported of it, all [B, T]. */
export interface ObjectiveOutputs {
  readonly loss_BT: Node
  /** 1 where the ratio was clipped; nowhere unless given. */
  readonly clipped_BT?: Node
  /** exp(logprob - old logprob) unless given. */
  readonly ratio_BT?: Node
}

/** A policy loss, as a program to differentiate, and how a batch is used. */
export interface Objective {
  readonly name: string
  readonly aggregation: Aggregation
  /** Most optimiser steps per batch: its responses are cut into that many even pieces, as far as they go. */
  readonly minibatches: number
  /** Numbers the loss reads that a controller may change from batch to batch, and what they are unless it does. */
  readonly scalars?: Readonly<Record<string, number>>
  readonly needsReference?: boolean
  /**
   * Chooses tokens by looking at a whole minibatch, in numbers: what no micro-batch could decide.
   *
   * @shape [B, T] of the batch, 1 on what is chosen
   */
  readonly marks?: (minibatch: Minibatch) => Uint8Array
  readonly loss: (inputs: ObjectiveInputs) => ObjectiveOutputs
}

/** How a batch is used: options of every objective. */
export interface BatchUse {
  /** By name, or one of your own. */
  readonly aggregation?: AggregationName | Aggregation
  /** The constant of `seq-mean-token-sum-norm`. */
  readonly norm?: number | null
  readonly minibatches?: number
}

/** @errors RangeError for minibatches that are no positive integer, and for a `norm` that is missing */
export const batchUse = ({
  aggregation = 'token-mean',
  norm = null,
  minibatches = 1,
}: BatchUse): Pick<Objective, 'aggregation' | 'minibatches'> => {
  if (!Number.isInteger(minibatches) || minibatches < 1)
    throw new RangeError(`minibatches: found ${minibatches}, expected an integer >= 1`)
  return {
    aggregation: typeof aggregation === 'function' ? aggregation : aggregations[aggregation].create(norm ?? Number.NaN),
    minibatches,
  }
}
