import type { Controller } from '../controller.js'

/** Options of {@link adaptiveEntropy}. */
export interface AdaptiveEntropyOptions {
  /** @units nats per token */
  readonly target?: number
  /** The coefficient's change per batch, and its largest value. */
  readonly step?: number
  readonly most?: number
}

type AdaptiveEntropyState = { readonly coefficient: number; readonly applied: number }

/**
 * The coefficient of the entropy bonus, raised while entropy is below its target and lowered while it is above; the bonus
 * is paid only while entropy is at the target or below.
 *
 *     c' = clip( c + step sign(target - H), 0, most )        entropyCoefficient = c' where H <= target, otherwise 0
 *
 * @source Skywork-OR1, arXiv:2505.22312
 */
export const adaptiveEntropy = ({
  target = 0.2,
  step = 0.005,
  most = 1,
}: AdaptiveEntropyOptions = {}): Controller<AdaptiveEntropyState> => ({
  name: 'adaptive-entropy',
  rewards: 'any',
  initial: { coefficient: 0, applied: 0 },
  next: ({ coefficient: before }, { entropy }) => {
    const coefficient = Math.min(most, Math.max(0, before + step * Math.sign(target - entropy)))
    return { coefficient, applied: entropy <= target ? coefficient : 0 }
  },
  control: ({ applied }) => ({ scalars: { entropyCoefficient: applied } }),
})
