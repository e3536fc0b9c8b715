import type { Objective } from '../objective/objective.js'
import { keyedUniform, shuffle } from '../random/uniform.js'
import type { FilteredBatch } from '../rollout/batch.js'
import { chunks } from './chunks.js'

/**
 * Divides the accepted responses of a batch into minibatches, one optimiser step each; shuffles them by key if there is more than
 * one minibatch.
 *
 * @shape rows of the batch, for each minibatch
 */
export const minibatchesOf = ({ step, accepted_B }: FilteredBatch, objective: Objective, seed: number): number[][] => {
  const accepted = [...accepted_B.keys()].filter((row) => accepted_B[row])
  if (objective.minibatches === 1) return [accepted]
  return chunks(shuffle(accepted, seed, step), Math.ceil(accepted.length / objective.minibatches))
}

/** Last part of the key of an objective's draws. It keeps them independent of the shuffle. */
const MARKS = 1

/** Returns the random numbers by which the objective of a minibatch selects tokens. */
export const drawOf = (seed: number, step: number, minibatch: number): ((index: number) => number) =>
  keyedUniform(seed, step, minibatch, MARKS)

/** Returns true if the advantage of every accepted response is 0. */
export const isWithoutAdvantage = ({ advantages_B, accepted_B }: FilteredBatch): boolean =>
  advantages_B.every((advantage, b) => !accepted_B[b] || advantage === 0)
