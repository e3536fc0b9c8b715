import type { Estimator } from './estimator.js'
import { grpo } from './grpo.js'

/** An estimator as it is chosen by name. */
export interface EstimatorEntry {
  readonly create: () => Estimator
  readonly about: string
}

export const estimators = {
  grpo: { create: () => grpo(), about: 'reward against the mean of its group, in standard deviations' },
} as const satisfies Record<string, EstimatorEntry>

export type EstimatorName = keyof typeof estimators
