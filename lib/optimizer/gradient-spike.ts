import { checkOptions, integerFrom, oneOf, positive } from '../option.js'
import { median } from '../statistics.js'

/** Things that a spike guard can do with a gradient that is too large. */
export const spikeActions = ['skip', 'clip'] as const

/** Action of a spike guard: `skip` refuses the update, `clip` scales its gradient down to the limit. */
export type SpikeAction = (typeof spikeActions)[number]

/**
 * Guard against gradient spikes. The limit is a multiple of the running median of the gradient norm, so it needs no knowledge
 * of the scale of the gradients, and one spike does not move it.
 */
export interface GradientSpike {
  readonly action: SpikeAction
  /** Limit of the gradient norm as a multiple of the median of the norms before. */
  readonly factor: number
  /** Number of optimiser steps whose norms the median is over. The guard acts when it has as many. */
  readonly window: number
}

/** Defaults of a {@link GradientSpike}. */
export const gradientSpikeDefaults = { factor: 5, window: 32 } as const satisfies Omit<GradientSpike, 'action'>

const rules = { action: oneOf(spikeActions), factor: positive, window: integerFrom(1) } as const

/**
 * Checks the settings of a spike guard that are given.
 *
 * @errors throws RangeError that names the setting, its value and the expected values
 */
export const checkGradientSpike = (guard: Partial<GradientSpike>): void => checkOptions(guard, rules, 'gradientSpike.')

/**
 * Limit of the gradient norm of the next optimiser step; infinity until the window is full, and if the median is 0.
 *
 *     limit = factor * median of the last `window` norms
 *
 * @shape norms [up to window], oldest first
 */
export const spikeLimit = ({ factor, window }: GradientSpike, norms: readonly number[]): number => {
  if (norms.length < window) return Infinity
  const middle = median(norms)
  return middle > 0 ? factor * middle : Infinity
}

/**
 * Adds the norm of an optimiser step to the window, also that of a spike: if the gradients stay large, the median follows
 * within half a window.
 */
export const addNorm = ({ window }: GradientSpike, norms: readonly number[], norm: number): readonly number[] =>
  [...norms, norm].slice(-window)
