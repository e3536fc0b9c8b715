import { checked, finite, nonNegative, positive } from '../../option.js'
import type { Controller } from '../controller.js'

/** Options of {@link repoRController}. */
export interface RepoRControllerOptions {
  /** Target of the entropy. @units nats per token */
  readonly target?: number
  /** zeta before the first batch. @units 1 / nats */
  readonly start?: number
  /** Smallest absolute value of zeta. @units 1 / nats */
  readonly least?: number
  /** Largest absolute value of zeta. @units 1 / nats */
  readonly most?: number
}

type RepoRMemory = { readonly zeta: number }

/**
 * Controller of the objective REPO-R: doubles its strength zeta while entropy is below the target, and halves it while
 * entropy is above.
 *
 *     below the target    zeta' = 2 zeta, at most `most`         zeta / 2 where zeta < 0
 *     above the target    zeta' = zeta / 2                       2 zeta, at least -most, where zeta < 0
 *     |zeta'| < least     zeta' = least below the target, -least above: zeta changes its sign there
 *
 * @units  zeta in 1 / nats
 * @source REPO-R, arXiv:2603.11682; sources differ on the start (0 or 0.001) and the bounds (1e-4 to 0.05 or 1)
 * @example
 * trainingPipeline({ estimator: grpo(), objective: repoR(), controller: repoRController({ target: 0.4 }) })
 */
export const repoRController = (options: RepoRControllerOptions = {}): Controller<RepoRMemory> => {
  const {
    target = 0.5,
    start = 1e-3,
    least = 1e-4,
    most = 1,
  } = checked(options, { target: nonNegative, start: finite, least: positive, most: positive })
  const moved = (zeta: number, entropy: number): number => {
    if (entropy === target) return zeta
    const direction = entropy < target ? 1 : -1
    const scaled = zeta * direction > 0 ? zeta * 2 : zeta / 2
    return Math.abs(scaled) < least ? direction * least : Math.min(most, Math.max(-most, scaled))
  }
  return {
    name: 'repo-r',
    rewards: 'any',
    initial: { zeta: start },
    control: ({ entropy }, _, before) => {
      const zeta = moved(before.zeta, entropy)
      return { memory: { zeta }, scalars: { zeta } }
    },
  }
}
