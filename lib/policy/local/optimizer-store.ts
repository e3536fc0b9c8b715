import type { TrainingState } from '../../checkpoint/training-state.js'
import type { DeviceTensor, Engine } from '../../compute/engine/engine.js'
import type { Shape } from '../../compute/program/node.js'
import type { WeightMap } from '../../model/weights.js'
import { freeWeights, uploadTensors, uploadZeros } from './upload.js'

/** Parameters and AdamW moments between two updates. The holder of a state owns its tensors. */
export interface OptimizerState {
  readonly parameters: WeightMap<DeviceTensor>
  readonly firstMoments: WeightMap<DeviceTensor>
  readonly secondMoments: WeightMap<DeviceTensor>
  /** Number of optimiser steps so far. */
  readonly steps: number
  /** Gradient norms that the spike guard compares with, oldest first; empty without a guard. */
  readonly gradientNorms: readonly number[]
}

type Moments = Pick<OptimizerState, 'firstMoments' | 'secondMoments'>

/** Store of a learner's optimiser state. It owns the moments; the parameters belong to the parameter store. */
export interface OptimizerStore {
  readonly state: OptimizerState
  /** Creates the moments on the first call, so that a model that only samples has none. @errors PipelineError EngineFailed */
  prepare(): Promise<void>
  /** Takes ownership of the moments of the next state and frees those of the state before. */
  replace(next: OptimizerState): void
  /** Replaces the gradient norms and nothing else. */
  remember(gradientNorms: readonly number[]): void
  dispose(): void
}

/** Creates a store of the given parameters, with the moments of `resumed`. By default it is before the first optimiser step. */
export const createOptimizerStore = (
  engine: Engine,
  parameters: WeightMap<DeviceTensor>,
  shapes: WeightMap<Shape>,
  resumed?: TrainingState,
): OptimizerStore => {
  const { optimizerSteps: steps = 0, gradientNorms = [] } = resumed ?? {}
  let state: OptimizerState = { parameters, firstMoments: new Map(), secondMoments: new Map(), steps, gradientNorms }
  let preparation: Promise<void> | undefined
  return {
    get state() {
      return state
    },
    prepare: () =>
      (preparation ??= uploadMoments(engine, shapes, resumed).then(
        (moments) => {
          state = { ...state, ...moments }
        },
        (error: unknown) => {
          preparation = undefined
          throw error
        },
      )),
    replace: (next) => {
      freeMoments(state)
      state = next
    },
    remember: (gradientNorms) => {
      state = { ...state, gradientNorms }
    },
    dispose: () => freeMoments(state),
  }
}

const uploadMoments = async (
  engine: Engine,
  shapes: WeightMap<Shape>,
  resumed: TrainingState | undefined,
): Promise<Moments> => {
  const upload = (moments: TrainingState['firstMoments'] | undefined) =>
    moments === undefined ? uploadZeros(engine, shapes) : uploadTensors(engine, moments)
  const firstMoments = await upload(resumed?.firstMoments)
  try {
    return { firstMoments, secondMoments: await upload(resumed?.secondMoments) }
  } catch (error) {
    freeWeights(firstMoments)
    throw error
  }
}

const freeMoments = ({ firstMoments, secondMoments }: Moments): void => {
  freeWeights(firstMoments)
  freeWeights(secondMoments)
}

/** Frees the parameters and the moments of a state that was not published. */
export const freeState = (state: OptimizerState): void => {
  freeWeights(state.parameters)
  freeMoments(state)
}
