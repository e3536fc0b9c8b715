import type { HostTensor } from '../../compute/program/node.js'
import type { UpdateReport } from '../learner.js'

/** What the micro-batches of an update said, summed up. */
export interface Tally {
  /** Sum over minibatches of each one's mean loss. */
  loss: number
  clipped: number
  kl: number
  tokens: number
  maxRatio: number
  minRatio: number
  /** Gradient norm of each minibatch, before clipping. */
  readonly norms: number[]
}

export const emptyTally = (): Tally => ({
  loss: 0,
  clipped: 0,
  kl: 0,
  tokens: 0,
  maxRatio: -Infinity,
  minRatio: Infinity,
  norms: [],
})

/** Scalar outputs of the training program that a tally reads. */
export const tallied = ['loss', 'clipped', 'kl', 'maxRatio', 'negatedMinRatio'] as const

export const addTo = (tally: Tally, host: Readonly<Record<string, HostTensor>>, tokens: number): void => {
  const scalar = (name: (typeof tallied)[number]) => host[name]!.data[0]!
  tally.loss += scalar('loss')
  tally.clipped += scalar('clipped')
  tally.kl += scalar('kl')
  tally.tokens += tokens
  tally.maxRatio = Math.max(tally.maxRatio, scalar('maxRatio'))
  tally.minRatio = Math.min(tally.minRatio, -scalar('negatedMinRatio'))
}

/** Means over minibatches or trained tokens. */
export const reportOf = (
  { loss, clipped, kl, tokens, maxRatio, minRatio, norms }: Tally,
  version: number,
  learningRate: number,
): UpdateReport => ({
  status: 'updated',
  version,
  optimizerSteps: norms.length,
  learningRate,
  loss: loss / norms.length,
  gradientNorm: norms.reduce((a, b) => a + b, 0) / norms.length,
  clipFraction: clipped / tokens,
  kl: kl / tokens,
  ratio: { min: minRatio, max: maxRatio },
})
