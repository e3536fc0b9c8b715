import type { HostTensor } from '../compute/program/node.js'
import type { lossOutputs } from '../objective/loss.js'
import { mean } from '../statistics.js'
import type { UpdateReport } from './learner.js'

/** Sums over the micro-batches of an update. */
export interface Tally {
  /** Sum over minibatches of their mean losses. */
  loss: number
  /** Number of trained tokens with a clipped ratio and a negative advantage. */
  clippedLow: number
  /** Number of trained tokens with a clipped ratio and an advantage that is not negative. */
  clippedHigh: number
  /** Number of trained tokens that the objective marked. */
  marked: number
  /** Sum of the k3 estimates over trained tokens. @units nats */
  kl: number
  /** Number of trained tokens. */
  tokens: number
  maxRatio: number
  minRatio: number
  /** Gradient norm of each minibatch, before clipping. */
  readonly norms: number[]
}

/** Returns the tally of an update that has run no micro-batch. */
export const emptyTally = (): Tally => ({
  loss: 0,
  clippedLow: 0,
  clippedHigh: 0,
  marked: 0,
  kl: 0,
  tokens: 0,
  maxRatio: -Infinity,
  minRatio: Infinity,
  norms: [],
})

/** Adds the outputs of a micro-batch's training run. */
export const addTo = (tally: Tally, host: Readonly<Record<string, HostTensor>>): void => {
  const scalar = (name: (typeof lossOutputs)[number]) => host[name]!.data[0]!
  tally.loss += scalar('loss')
  tally.clippedLow += scalar('clippedLow')
  tally.clippedHigh += scalar('clippedHigh')
  tally.kl += scalar('kl')
  tally.maxRatio = Math.max(tally.maxRatio, scalar('maxRatio'))
  tally.minRatio = Math.min(tally.minRatio, -scalar('negatedMinRatio'))
}

/** Returns the report of an update: means over its minibatches or its trained tokens. */
export const reportOf = (
  { loss, clippedLow, clippedHigh, marked, kl, tokens, maxRatio, minRatio, norms }: Tally,
  version: number,
  learningRate: number,
): UpdateReport => ({
  status: 'updated',
  version,
  optimizerSteps: norms.length,
  learningRate,
  loss: loss / norms.length,
  gradientNorm: mean(norms),
  clipFraction: (clippedLow + clippedHigh) / tokens,
  clipFractionLow: clippedLow / tokens,
  clipFractionHigh: clippedHigh / tokens,
  markedFraction: marked / tokens,
  kl: kl / tokens,
  ratio: { min: minRatio, max: maxRatio },
})
