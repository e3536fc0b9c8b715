import type { Minibatch } from '../minibatch.js'

/**
 * How the token losses of a minibatch become one number: the weight of each token of a response. The loss is the
 * weighted sum over trained tokens, so gradients of micro-batches add up to that of the minibatch.
 */
export type Aggregation = (minibatch: Minibatch) => (member: number) => number
