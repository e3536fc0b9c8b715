import type { Node } from '../compute/program/node.js'

/** Token matrices an objective may read, all [B, T]. */
export interface ObjectiveInputs {
  /** log-prob of the sampled token under the policy being trained; carries the gradient. */
  readonly logprobs_BT: Node
  /** The same before the update, from the scoring pass. */
  readonly oldLogprobs_BT: Node
  /** Entropy per token of the policy being trained; carries the gradient. */
  readonly entropy_BT: Node
  /** The response's advantage, repeated over its tokens. */
  readonly advantages_BT: Node
  /** 1 where a token trains. */
  readonly mask_BT: Node
}

/** Per-token loss and what is reported of it, all [B, T]. */
export interface ObjectiveOutputs {
  readonly loss_BT: Node
  /** 1 where the ratio was clipped. */
  readonly clipped_BT: Node
  readonly ratio_BT: Node
}

/**
 * How token losses become one number, of accepted responses alone:
 *
 *     token-mean               sum over trained tokens / their number; the released runs of Entrocraft
 *     seq-mean-token-mean      mean over responses of each one's token mean
 *     prompt-mean-token-sum    mean over prompts of the mean over each one's responses of their token sums; Eq. 5 of
 *                              Entrocraft
 */
export type Aggregation = 'token-mean' | 'seq-mean-token-mean' | 'prompt-mean-token-sum'

/** A policy loss, as a program to differentiate, and how often a batch is used. */
export interface Objective {
  readonly name: string
  readonly aggregation: Aggregation
  /** Most optimiser steps per batch: its responses are cut into that many even pieces, as far as they go. */
  readonly minibatches: number
  readonly loss: (inputs: ObjectiveInputs) => ObjectiveOutputs
}
