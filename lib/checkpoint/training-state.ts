import type { HostTensor } from '../compute/program/node.js'

/** Everything needed to go on training: named weights and the two AdamW moments. */
export interface TrainingState {
  readonly version: number
  readonly optimizerSteps: number
  readonly parameters: ReadonlyMap<string, HostTensor>
  readonly firstMoments: ReadonlyMap<string, HostTensor>
  readonly secondMoments: ReadonlyMap<string, HostTensor>
}
