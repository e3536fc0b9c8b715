import type { HostTensor } from '../compute/program/node.js'

/** State of a learner on the host: the parameters and the two AdamW moments of each. A local model can start from it. */
export interface TrainingState {
  /** Version of the weights. */
  readonly version: number
  /** Number of optimiser steps, from which the learning rate follows. */
  readonly optimizerSteps: number
  readonly parameters: ReadonlyMap<string, HostTensor>
  readonly firstMoments: ReadonlyMap<string, HostTensor>
  readonly secondMoments: ReadonlyMap<string, HostTensor>
  /** Gradient norms of the last optimiser steps, oldest first, that a spike guard compares with; absent without a guard. */
  readonly gradientNorms?: readonly number[]
}

/** State of a learner whose weights are on a service, which saved them. */
export interface SavedState {
  /** Version of the weights. */
  readonly version: number
  /** Number of optimiser steps, from which the learning rate follows. */
  readonly optimizerSteps: number
  /** Address under which the service keeps the weights and the state of the optimiser. */
  readonly savedAs: string
}

/** State of a learner, from which a run goes on. */
export type LearnerState = TrainingState | SavedState
