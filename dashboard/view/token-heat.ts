import type { Rollout } from '../../lib/run/step-rollouts.js'

/**
 * Returns the strength of a token's colour: 0 for no entropy, 1 for `top` nats or more. The lightness of the colour is linear
 * in it, so that equal differences look equal.
 */
export const heatOf = (nats: number, top: number): number => Math.min(Math.max(nats / top, 0), 1)

/** Returns the upper end of the colour scale: the highest token entropy, rounded up to half a nat. */
export const topEntropyOf = (rollouts: readonly Pick<Rollout, 'entropy'>[]): number =>
  Math.max(0.5, Math.ceil(2 * rollouts.reduce((top, { entropy }) => Math.max(top, ...entropy), 0)) / 2)
