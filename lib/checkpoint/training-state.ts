import type { HostTensor } from '../compute/program/node.js'

/** State of a training run on the host: the parameters and the two AdamW moments of each. */
export interface TrainingState {
  readonly version: number
  readonly optimizerSteps: number
  readonly parameters: ReadonlyMap<string, HostTensor>
  readonly firstMoments: ReadonlyMap<string, HostTensor>
  readonly secondMoments: ReadonlyMap<string, HostTensor>
  /** Gradient norms of the last optimiser steps, oldest first, that a spike guard compares with; absent without a guard. */
  readonly gradientNorms?: readonly number[]
}
