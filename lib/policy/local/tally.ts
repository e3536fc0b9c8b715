import type { HostTensor } from '../../compute/program/node.js'
import type { lossOutputs } from '../../objective/loss.js'
import { mean } from '../../statistics.js'
import type { UpdateReport } from '../learner.js'

/** What the micro-batches of an update said, summed up. */
export interface Tally {
  /** Sum over minibatches of each one's mean loss. */
  loss: number
  clippedLow: number
  clippedHigh: number
  marked: number
  kl: number
  tokens: number
  maxRatio: number
  minRatio: number
  /** Gradient norm of each minibatch, before clipping. */
  readonly norms: number[]
}

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

/** Adds what a micro-batch said. */
export const addTo = (tally: Tally, host: Readonly<Record<string, HostTensor>>): void => {
  const scalar = (name: (typeof lossOutputs)[number]) => host[name]!.data[0]!
  tally.loss += scalar('loss')
  tally.clippedLow += scalar('clippedLow')
  tally.clippedHigh += scalar('clippedHigh')
  tally.kl += scalar('kl')
  tally.maxRatio = Math.max(tally.maxRatio, scalar('maxRatio'))
  tally.minRatio = Math.min(tally.minRatio, -scalar('negatedMinRatio'))
}

/** Means over minibatches or trained tokens. */
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
