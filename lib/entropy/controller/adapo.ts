import type { Controller } from '../controller.js'

/** Options of {@link adapo}. No published source that we know gives step and limits: the defaults are ours. */
export interface AdapoOptions {
  /** Upper clip before the first batch, its change per batch, and its limits. */
  readonly start?: number
  readonly step?: number
  readonly least?: number
  readonly most?: number
}

type AdapoState = { readonly clipHigh: number; readonly target: number }

/**
 * The upper clip of Clip-Higher, widened while entropy is below what it was at first and narrowed while it is above.
 *
 *     target = H of the first batch        clipHigh' = clip( clipHigh + step sign(target - H), least, most )
 */
export const adapo = ({
  start = 0.28,
  step = 0.01,
  least = 0.2,
  most = 0.5,
}: AdapoOptions = {}): Controller<AdapoState> => ({
  name: 'adapo',
  rewards: 'any',
  // NaN: no batch was measured yet.
  initial: { clipHigh: start, target: Number.NaN },
  next: ({ clipHigh, target }, { entropy }) =>
    Number.isNaN(target)
      ? { clipHigh, target: entropy }
      : { clipHigh: Math.min(most, Math.max(least, clipHigh + step * Math.sign(target - entropy))), target },
  control: ({ clipHigh }) => ({ scalars: { clipHigh } }),
})
