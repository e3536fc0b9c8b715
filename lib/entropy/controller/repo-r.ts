import type { Controller } from '../controller.js'

/** Options of {@link repoRController}. */
export interface RepoRControllerOptions {
  /** @units nats per token */
  readonly target?: number
  /** zeta before the first batch; and the bounds of its size. @units 1 / nats */
  readonly start?: number
  readonly least?: number
  readonly most?: number
}

type RepoRState = { readonly zeta: number }

/**
 * The strength of REPO-R: doubled while entropy is below its target, halved while it is above.
 *
 *     below the target    zeta' = 2 zeta, at most `most`         where zeta < 0: zeta / 2
 *     above               zeta' = zeta / 2                       where zeta < 0: 2 zeta, at least -most
 *     |zeta'| < least     zeta' = least below the target, -least above: the sign flips at the floor
 *
 * @source REPO-R, arXiv:2603.11682; sources differ on the start (0 or 0.001) and the bounds (1e-4 to 0.05 or 1)
 */
export const repoRController = ({
  target = 0.5,
  start = 1e-3,
  least = 1e-4,
  most = 1,
}: RepoRControllerOptions = {}): Controller<RepoRState> => ({
  name: 'repo-r',
  rewards: 'any',
  initial: { zeta: start },
  next: ({ zeta }, { entropy }) => {
    if (entropy === target) return { zeta }
    const way = entropy < target ? 1 : -1
    const moved = zeta * way > 0 ? zeta * 2 : zeta / 2
    if (Math.abs(moved) < least) return { zeta: way * least }
    return { zeta: Math.min(most, Math.max(-most, moved)) }
  },
  control: ({ zeta }) => ({ scalars: { zeta } }),
})
