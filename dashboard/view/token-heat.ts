import type { Rollout } from '../../lib/run/step-rollouts.js'

/**
 * How strongly a token is coloured: 0 for no entropy, 1 for `top` and beyond. The style sheet turns it into a colour whose
 * lightness is linear in it, so equal differences look equal.
 */
export const heatOf = (nats: number, top: number): number => Math.min(Math.max(nats / top, 0), 1)

/** The upper end of the scale: the highest entropy among the tokens, up to the next half nat. */
export const topEntropyOf = (rollouts: readonly Pick<Rollout, 'entropy'>[]): number =>
  Math.max(0.5, Math.ceil(2 * rollouts.reduce((top, { entropy }) => Math.max(top, ...entropy), 0)) / 2)
